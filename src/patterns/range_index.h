#pragma once

// Which of many ranges of numbers hold a number. Owned by a ValueIndex.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "patterns/condition.h"

namespace martlet::patterns {

/// A balanced tree of ranges laid out in a sorted array, each with the highest bound below it. It is put in
/// order when it is asked for the first time after a change: n log n, then log n and the number of ranges
/// found.
template <typename Target>
class RangeIndex {
 public:
  void add(Range range, Target target) {
    items_.push_back({.range = range, .highest = range.high, .target = target});
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

  template <typename Visit>
  void visit(Millionths number, const Visit& each) {
    if (!ordered_) {
      std::ranges::sort(items_, {}, [](const Item& item) { return item.range.low; });
      order(0, items_.size());
      ordered_ = true;
    }
    visit(0, items_.size(), number, each);
  }

 private:
  struct Item {
    Range range;
    Millionths highest;
    Target target;
  };

  Millionths order(std::size_t begin, std::size_t end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (begin == end) {
      return INT64_MIN;
    }
    Item& item = items_[middle];
    item.highest = std::max({item.range.high, order(begin, middle), order(middle + 1, end)});
    return item.highest;
  }

  template <typename Visit>
  void visit(std::size_t begin, std::size_t end, Millionths number, const Visit& each) const {
    const std::size_t middle = begin + (end - begin) / 2;
    if (begin == end || items_[middle].highest < number) {
      return;
    }
    visit(begin, middle, number, each);
    const Item& item = items_[middle];
    if (item.range.low <= number) {
      if (number <= item.range.high) {
        each(item.target);
      }
      visit(middle + 1, end, number, each);
    }
  }

  std::vector<Item> items_;
  bool ordered_ = true;
};

}  // namespace martlet::patterns
