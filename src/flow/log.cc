#include "flow/log.h"

#include <algorithm>

#include "store/key.h"
#include "store/record.h"

namespace martlet::flow {

namespace {

struct EntryRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::int64_t appended_ms = 0;
  std::string record;

  void fields(auto& f) {
    f(1, appended_ms);
    f(2, record);
  }
};

std::uint64_t to_number(const std::optional<std::string>& stored) {
  return stored ? std::get<0>(store::unpack<std::uint64_t>(*stored)) : 0;
}

}  // namespace

Log::Log(Executor executor, store::Store& store, Clock& clock, std::string prefix)
    : executor_(std::move(executor)), store_(store), clock_(clock), prefix_(std::move(prefix)) {}

Log::~Log() = default;

std::string Log::key_of(const std::string& shard, std::uint64_t sequence) const {
  return prefix_ + store::Key("record", shard, sequence).str();
}

/// Apart from the records, so that trimming them all does not make numbers begin anew. It is also what makes
/// appends to one shard conflict, and so keeps them in the order of their commits.
std::string Log::newest_key(const std::string& shard) const {
  return prefix_ + store::Key("newest", shard).str();
}

store::Range Log::range_after(const std::string& shard, std::uint64_t sequence) const {
  const store::Range all = store::range_below(prefix_ + store::Key("record", shard).str());
  return sequence == 0 ? all : store::after(all, key_of(shard, sequence));
}

Task<std::uint64_t> Log::newest(store::Txn& txn, std::string shard) {
  co_return to_number(co_await txn.get(newest_key(shard)));
}

Task<std::uint64_t> Log::append(store::Txn& txn, std::string shard, std::string record) {
  const std::uint64_t sequence = co_await newest(txn, shard) + 1;
  txn.put(newest_key(shard), store::Key(sequence));
  txn.put(key_of(shard, sequence),
          store::encode(EntryRecord{.appended_ms = to_epoch_ms(clock_.now()), .record = std::move(record)}));
  txn.after_commit([this, shard = std::move(shard)] {
    const auto waiting = growth_.find(shard);
    const auto growth = waiting == growth_.end() ? nullptr : waiting->second.lock();
    if (!growth) return;
    ++growth->commits;
    growth->changed.notify_all();
  });
  co_return sequence;
}

Task<std::vector<LogEntry>> Log::read(store::Txn& txn, std::string shard, std::uint64_t after,
                                      std::size_t most, std::size_t most_bytes) {
  std::vector<LogEntry> entries;
  const std::string records = prefix_ + store::Key("record", shard).str();
  for (auto& [key, value] : co_await txn.scan(range_after(shard, after), {.limit = most})) {
    auto stored = store::decode<EntryRecord>(value);
    if (!entries.empty() && stored.record.size() > most_bytes) break;
    most_bytes -= std::min(most_bytes, stored.record.size());
    const auto [sequence] = store::unpack<std::uint64_t>(std::string_view(key).substr(records.size()));
    entries.push_back({.sequence = sequence,
                       .appended = from_epoch_ms(stored.appended_ms),
                       .record = std::move(stored.record)});
  }
  co_return entries;
}

Task<std::optional<std::uint64_t>> Log::first_since(store::Txn& txn, std::string shard, TimePoint time) {
  // Times grow with numbers, so the place is found by halving. Numbers without gaps lie between the first and
  // the last.
  const auto first = co_await read(txn, shard, 0, 1);
  if (first.empty()) co_return std::nullopt;
  std::uint64_t low = first.front().sequence;
  std::uint64_t high = co_await newest(txn, shard) + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto found = co_await read(txn, shard, middle - 1, 1);
    if (!found.empty() && found.front().appended < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if ((co_await read(txn, shard, low - 1, 1)).empty()) co_return std::nullopt;
  co_return low;
}

void Log::trim(store::Txn& txn, const std::string& shard, std::uint64_t last) {
  txn.erase_range({.begin = key_of(shard, 0), .end = key_of(shard, last + 1)});
}

std::shared_ptr<Log::Growth> Log::growth_of(const std::string& shard) {
  std::erase_if(growth_, [](const auto& entry) { return entry.second.expired(); });
  auto growth = growth_[shard].lock();
  if (!growth) growth_[shard] = growth = std::make_shared<Growth>(executor_);
  return growth;
}

Task<bool> Log::wait(std::string shard, std::uint64_t after) {
  const auto growth = growth_of(shard);
  while (!closed_) {
    const std::uint64_t before = growth->commits;
    const std::uint64_t last = co_await store_.transact(
        [&](store::Txn& txn) -> Task<std::uint64_t> { co_return co_await newest(txn, shard); });
    if (last > after) co_return true;
    // What was committed since the look has notified nobody.
    if (growth->commits == before && !closed_) co_await growth->changed.wait();
  }
  co_return false;
}

void Log::close() {
  closed_ = true;
  for (const auto& [shard, waiting] : growth_) {
    if (const auto growth = waiting.lock()) growth->changed.notify_all();
  }
}

}  // namespace martlet::flow
