// The engine in memory: a map whose entries keep older values only while a snapshot can see them.

#include <deque>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include "store/engine.h"

namespace martlet::store {

namespace {

/// Counts batches.
using Sequence = std::uint64_t;

struct Entry {
  Sequence written = 0;
  /// nullopt: erased by `written`.
  std::optional<std::string> value;
  /// What snapshots before `written` see; absent when none of them could see anything.
  std::unique_ptr<Entry> older;

  [[nodiscard]] const std::optional<std::string>* visible(Sequence at) const {
    for (const Entry* entry = this; entry; entry = entry->older.get()) {
      if (entry->written <= at) return &entry->value;
    }
    return nullptr;
  }
};

using Entries = std::map<std::string, Entry, std::less<>>;

constexpr Sequence kNewest = std::numeric_limits<Sequence>::max();

class MemoryCursor : public Cursor {
 public:
  MemoryCursor(const Entries& entries, const Range& range, Order order, Sequence at)
      : begin_(entries.lower_bound(range.begin)),
        end_(entries.lower_bound(range.end)),
        order_(order),
        at_(at),
        entries_(entries) {
    settle();
  }

  [[nodiscard]] bool valid() const override { return begin_ != end_; }
  [[nodiscard]] std::string_view key() const override { return current()->first; }
  [[nodiscard]] std::string_view value() const override { return **current()->second.visible(at_); }

  void next() override {
    step();
    settle();
  }

  void skip(const std::string& begin, const std::string& end) override {
    if (!valid()) return;
    if (order_ == Order::kAscending) {
      // Not past end_, which may lie before `end`.
      while (valid() && begin_->first < end) ++begin_;
    } else {
      end_ = begin <= begin_->first ? begin_ : entries_.lower_bound(begin);
    }
    settle();
  }

 private:
  [[nodiscard]] Entries::const_iterator current() const {
    return order_ == Order::kAscending ? begin_ : std::prev(end_);
  }

  void step() {
    if (order_ == Order::kAscending) {
      ++begin_;
    } else {
      --end_;
    }
  }

  /// Moves on to an entry that has a value at this time.
  void settle() {
    while (valid()) {
      const auto* found = current()->second.visible(at_);
      if (found && *found) return;
      step();
    }
  }

  // What is left of the range: [begin_, end_).
  Entries::const_iterator begin_;
  Entries::const_iterator end_;
  Order order_;
  Sequence at_;
  const Entries& entries_;
};

/// The map and who looks at it; snapshots share it, so that they may end after the engine.
class Versions {
 public:
  void set(const std::string& key, std::optional<std::string> value, Sequence now) {
    auto it = value ? entries_.try_emplace(key).first : entries_.find(key);
    if (it != entries_.end()) assign(it, std::move(value), now);
  }

  void erase(const std::string& begin, const std::string& end, Sequence now) {
    for (auto it = entries_.lower_bound(begin); it != entries_.end() && it->first < end;)
      assign(it++, std::nullopt, now);
  }

  void open_snapshot(Sequence at) { snapshots_.insert(at); }

  void close_snapshot(Sequence at) {
    snapshots_.erase(snapshots_.find(at));
    const Sequence oldest = snapshots_.empty() ? kNewest : *snapshots_.begin();
    for (; !stale_.empty() && stale_.front().first <= oldest; stale_.pop_front())
      forget(stale_.front().second, oldest);
  }

  [[nodiscard]] const Entries& entries() const { return entries_; }
  [[nodiscard]] std::size_t live() const { return live_; }

 private:
  void assign(Entries::iterator it, std::optional<std::string> value, Sequence now) {
    Entry& entry = it->second;
    if (!value && !entry.value) return;  // erased before
    live_ = live_ + (value ? 1 : 0) - (entry.value ? 1 : 0);
    const bool existed = entry.value || entry.older;
    const bool seen = existed && !snapshots_.empty() && entry.written <= *snapshots_.rbegin();
    if (seen) {
      auto past = std::make_unique<Entry>(entry.written, std::move(entry.value), std::move(entry.older));
      entry.older = std::move(past);
      stale_.emplace_back(now, it->first);
    }
    entry.written = now;
    entry.value = std::move(value);
    if (!entry.value && !entry.older) entries_.erase(it);
  }

  /// Drops the values under `key` that no snapshot from `oldest` on can see.
  void forget(const std::string& key, Sequence oldest) {
    const auto it = entries_.find(key);
    if (it == entries_.end()) return;
    Entry* last = &it->second;
    while (last && last->written > oldest) last = last->older.get();
    if (last) last->older.reset();
    if (!it->second.value && !it->second.older) entries_.erase(it);
  }

  Entries entries_;
  std::size_t live_ = 0;
  std::multiset<Sequence> snapshots_;
  /// When a value that a snapshot could see was replaced, and its key.
  std::deque<std::pair<Sequence, std::string>> stale_;
};

class MemorySnapshot : public Snapshot {
 public:
  MemorySnapshot(std::shared_ptr<Versions> versions, Sequence at) : versions_(std::move(versions)), at_(at) {
    versions_->open_snapshot(at_);
  }
  ~MemorySnapshot() override { versions_->close_snapshot(at_); }
  MemorySnapshot(const MemorySnapshot&) = delete;
  MemorySnapshot& operator=(const MemorySnapshot&) = delete;

  [[nodiscard]] Sequence at() const { return at_; }

 private:
  std::shared_ptr<Versions> versions_;
  Sequence at_;
};

Sequence sequence_of(const Snapshot* at) {
  return at ? static_cast<const MemorySnapshot*>(at)->at() : kNewest;
}

class MemoryEngine : public Engine {
 public:
  std::unique_ptr<Snapshot> snapshot() override { return std::make_unique<MemorySnapshot>(versions_, now_); }

  std::optional<std::string> get(std::string_view key, const Snapshot* at) override {
    const auto it = versions_->entries().find(key);
    if (it == versions_->entries().end()) return std::nullopt;
    const auto* found = it->second.visible(sequence_of(at));
    return found ? *found : std::nullopt;
  }

  std::unique_ptr<Cursor> iterate(Range range, Order order, const Snapshot* at) override {
    return std::make_unique<MemoryCursor>(versions_->entries(), range, order, sequence_of(at));
  }

  void write(const Batch& batch) override {
    ++now_;
    for (const auto& [begin, end] : batch.erased) versions_->erase(begin, end, now_);
    for (const auto& [key, value] : batch.points) versions_->set(key, value, now_);
  }

  void sync() override {}
  [[nodiscard]] std::size_t approximate_size() const override { return versions_->live(); }
  void close() override {}

 private:
  std::shared_ptr<Versions> versions_ = std::make_shared<Versions>();
  Sequence now_ = 0;
};

}  // namespace

std::unique_ptr<Engine> make_memory_engine() { return std::make_unique<MemoryEngine>(); }

}  // namespace martlet::store
