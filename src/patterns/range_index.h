#pragma once

// Which of many ranges of numbers hold a number. Owned by a ValueIndex.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "patterns/condition.h"

namespace martlet::patterns {

/// The ranges, ordered by their lower bounds. Of those that begin at or before a number, the nearest are
/// looked at first: where ranges do not overlap, that is all. Else the others are looked for in the balanced
/// tree which the order implies, each item of it knowing the highest bound below it: log n and the number of
/// ranges found. The order is made when it is first asked after a change.
template <typename Target>
class RangeIndex {
 public:
  void add(Range range, Target target) {
    items_.push_back({.range = range, .highest_below = range.high, .target = target});
    ordered_ = false;
  }

  void remove(Range range, Target target) {
    const auto found = std::ranges::find_if(items_, [&](const Item& item) {
      return item.target == target && item.range.low == range.low && item.range.high == range.high;
    });
    if (found != items_.end()) {
      items_.erase(found);
      ordered_ = false;
    }
  }

  [[nodiscard]] bool empty() const { return items_.empty(); }

  template <typename Each>
  void visit(Millionths number, const Each& each) {
    if (!ordered_) {
      order();
    }
    constexpr int kNearest = 8;
    auto end = static_cast<std::size_t>(std::ranges::upper_bound(lows_, number) - lows_.begin());
    for (int i = 0; i < kNearest && end > 0 && highest_before_[end - 1] >= number; ++i) {
      --end;
      if (items_[end].range.high >= number) {
        each(items_[end].target);
      }
    }
    if (end > 0 && highest_before_[end - 1] >= number) {
      visit(0, items_.size(), end, number, each);
    }
  }

 private:
  struct Item {
    Range range;
    Millionths highest_below;
    Target target;
  };

  void order() {
    std::ranges::sort(items_, {}, [](const Item& item) { return item.range.low; });
    lows_.clear();
    highest_before_.clear();
    for (const Item& item : items_) {
      lows_.push_back(item.range.low);
      highest_before_.push_back(highest_before_.empty() ? item.range.high
                                                        : std::max(highest_before_.back(), item.range.high));
    }
    order(0, items_.size());
    ordered_ = true;
  }

  Millionths order(std::size_t begin, std::size_t end) {
    if (begin == end) {
      return INT64_MIN;
    }
    const std::size_t middle = begin + (end - begin) / 2;
    Item& item = items_[middle];
    item.highest_below = std::max({item.range.high, order(begin, middle), order(middle + 1, end)});
    return item.highest_below;
  }

  /// Of the part of the tree from `begin` to `end` what is before `limit`; all of that has its lower bound at
  /// or before `number`.
  template <typename Each>
  void visit(std::size_t begin, std::size_t end, std::size_t limit, Millionths number,
             const Each& each) const {
    const std::size_t middle = begin + (end - begin) / 2;
    if (begin == end || begin >= limit || items_[middle].highest_below < number) {
      return;
    }
    visit(begin, middle, limit, number, each);
    if (middle < limit && items_[middle].range.high >= number) {
      each(items_[middle].target);
    }
    visit(middle + 1, end, limit, number, each);
  }

  std::vector<Item> items_;
  /// Of the items, in their order, apart from them for the search.
  std::vector<Millionths> lows_;
  std::vector<Millionths> highest_before_;
  bool ordered_ = true;
};

}  // namespace martlet::patterns
