#include "store/transaction.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace martlet::store {

namespace {

using Points = decltype(Batch::points);
using Erased = decltype(Batch::erased);

void check_key(const std::string& key) {
  if (key.empty() || key.front() < kFirstKeyByte || key.front() == kKeyEndByte)
    throw std::logic_error("a store key must be made by store::Key");
}

/// The part of `range` in which keys can be.
Range clamp(Range range) {
  const std::string first(1, kFirstKeyByte);
  const std::string last(1, kKeyEndByte);
  if (range.begin < first) range.begin = first;
  if (range.end > last) range.end = last;
  return range;
}

/// The erased range around `key`, or end().
Erased::const_iterator around(const Erased& erased, std::string_view key) {
  auto it = erased.upper_bound(key);
  if (it == erased.begin()) return erased.end();
  --it;
  return key < it->second ? it : erased.end();
}

/// The transaction's own writes within a range, in order.
class OwnWrites {
 public:
  OwnWrites(const Points& points, const Range& range, Order order)
      : begin_(points.lower_bound(range.begin)), end_(points.lower_bound(range.end)), order_(order) {}

  [[nodiscard]] bool valid() const { return begin_ != end_; }
  [[nodiscard]] const Points::value_type& current() const {
    return order_ == Order::kAscending ? *begin_ : *std::prev(end_);
  }
  void next() {
    if (order_ == Order::kAscending) {
      ++begin_;
    } else {
      --end_;
    }
  }

 private:
  Points::const_iterator begin_;
  Points::const_iterator end_;
  Order order_;
};

void skip_erased(Cursor& cursor, const Erased& erased) {
  if (erased.empty()) return;
  while (cursor.valid()) {
    const auto it = around(erased, cursor.key());
    if (it == erased.end()) return;
    cursor.skip(it->first, it->second);
  }
}

/// What a scan that stopped after `last` has seen of `range`.
Range seen_part(Range range, const std::string& last, Order order) {
  if (order == Order::kAscending) {
    range.end = last + '\0';
  } else {
    range.begin = last;
  }
  return range;
}

}  // namespace

History::View& Transaction::view() {
  if (!view_) view_ = history_->view();
  return *view_;
}

bool Transaction::erased_here(std::string_view key) const {
  return around(batch_.erased, key) != batch_.erased.end();
}

Task<std::optional<std::string>> Transaction::get(std::string key) {
  if (const auto own = batch_.points.find(key); own != batch_.points.end()) co_return own->second;
  if (erased_here(key)) co_return std::nullopt;
  std::optional<std::string> value = view().get(key);
  reads_.keys.push_back(std::move(key));
  co_return value;
}

Task<std::vector<KeyValue>> Transaction::scan(Range range, ScanOptions options) {
  range = clamp(std::move(range));
  if (range.begin >= range.end) co_return std::vector<KeyValue>();
  std::vector<KeyValue> found = merge(range, options);
  if (options.limit != 0 && found.size() == options.limit)
    range = seen_part(std::move(range), found.back().key, options.order);
  reads_.ranges.push_back(std::move(range));
  co_return found;
}

std::vector<KeyValue> Transaction::merge(const Range& range, const ScanOptions& options) {
  const bool ascending = options.order == Order::kAscending;
  std::vector<KeyValue> found;
  OwnWrites own(batch_.points, range, options.order);
  const auto cursor = view().iterate(range, options.order);
  skip_erased(*cursor, batch_.erased);
  while (cursor->valid() || own.valid()) {
    if (options.limit != 0 && found.size() == options.limit) break;
    const bool own_first =
        own.valid() && (!cursor->valid() || (ascending ? own.current().first <= cursor->key()
                                                       : own.current().first >= cursor->key()));
    if (own_first) {
      const auto& [key, value] = own.current();
      if (value) found.push_back({key, *value});
      const bool hides = cursor->valid() && cursor->key() == key;
      own.next();
      if (!hides) continue;
    } else {
      found.push_back({std::string(cursor->key()), std::string(cursor->value())});
    }
    cursor->next();
    skip_erased(*cursor, batch_.erased);
  }
  return found;
}

void Transaction::put(std::string key, std::string value) {
  check_key(key);
  batch_.points.insert_or_assign(std::move(key), std::move(value));
}

void Transaction::erase(std::string key) {
  check_key(key);
  batch_.points.insert_or_assign(std::move(key), std::nullopt);
}

void Transaction::erase_range(Range range) {
  range = clamp(std::move(range));
  if (range.begin >= range.end) return;
  batch_.points.erase(batch_.points.lower_bound(range.begin), batch_.points.lower_bound(range.end));
  // Ranges that meet this one become one with it.
  auto it = batch_.erased.upper_bound(range.begin);
  if (it != batch_.erased.begin() && std::prev(it)->second >= range.begin) --it;
  while (it != batch_.erased.end() && it->first <= range.end) {
    range.begin = std::min(range.begin, it->first);
    range.end = std::max(range.end, it->second);
    it = batch_.erased.erase(it);
  }
  batch_.erased.emplace(std::move(range.begin), std::move(range.end));
}

bool Transaction::conflicts() const {
  if (batch_.empty()) return false;  // reading only, it belongs where its view is
  return history_->cleared() > began_ || (view_ && history_->changed_since(reads_, view_->version()));
}

Version Transaction::newest_source() const {
  return view_ ? history_->newest_source(reads_, view_->version()) : 0;
}

}  // namespace martlet::store
