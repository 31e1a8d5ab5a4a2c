#pragma once

// What enforcement would have refused, kept for who wants to know before it is turned on: each combination of
// principal, action and resource once, with how often. Bounded; the oldest make room. Lives on the loop.

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/time.h"

namespace martlet::authorization {

struct WouldBeDenial {
  /// ARN, or the service's name.
  std::string principal;
  std::string action;
  std::string resource;
  /// AWS's message.
  std::string message;
  /// The encoded authorization message; empty: as it was recorded before.
  std::string encoded = {};
  std::uint64_t times = 0;
  TimePoint first = {};
  TimePoint last = {};
};

class Audit {
 public:
  static constexpr std::size_t kMaxEntries = 1000;

  /// Whether this is kept already, with this message.
  [[nodiscard]] bool has(std::string_view principal, std::string_view action, std::string_view resource,
                         std::string_view message) const;
  /// Counts a denial, and writes a line to the log at the first of this principal and action.
  void record(WouldBeDenial denial, TimePoint now);

  /// Everything that was recorded since the start.
  [[nodiscard]] std::uint64_t total() const { return total_; }
  /// Those that are kept, the latest first.
  [[nodiscard]] const std::list<WouldBeDenial>& entries() const { return entries_; }
  /// {"denials": total, "kept": [{"principal": …}, …]}
  [[nodiscard]] std::string json() const;
  void clear();

 private:
  std::uint64_t total_ = 0;
  std::list<WouldBeDenial> entries_;
  std::unordered_map<std::string, std::list<WouldBeDenial>::iterator> by_key_;
  std::unordered_set<std::string> logged_;
};

}  // namespace martlet::authorization
