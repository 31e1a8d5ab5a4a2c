#pragma once

// What functions were seen to do as their roles, so that the least policy that covers it can be written
// (suggestion.h). Kept in memory alone, and bounded: what is beyond the bounds is counted. Owned by the
// authorizer; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martlet::authorization {

class Usage {
 public:
  static constexpr std::size_t kMaxSessions = 1000;
  static constexpr std::size_t kMaxUsesOfOne = 1000;

  explicit Usage(TimePoint now) : since_(now) {}

  /// `session` ("arn:aws:sts::123456789012:assumed-role/ROLE/FUNCTION") did the action, or tried to.
  void record(const std::string& session, std::string_view action, std::string_view resource);

  using Actions = std::set<std::string, std::less<>>;
  struct Seen {
    /// By resource: what was done to it. The streams of a log group are one resource, as new ones come with
    /// each environment.
    std::map<std::string, Actions, std::less<>> by_resource;
    /// ARNs of the sessions.
    std::set<std::string> sessions;
  };
  /// What sessions of this name ("FUNCTION"), of whatever role, did.
  [[nodiscard]] Seen seen(std::string_view session_name) const;

  /// From when on it was looked.
  [[nodiscard]] TimePoint since() const { return since_; }
  /// Uses that there was no room for.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  void clear(TimePoint now);

 private:
  struct Uses {
    std::map<std::string, Actions, std::less<>> by_resource;
    std::size_t count = 0;
  };
  std::map<std::string, Uses> sessions_;
  std::uint64_t left_out_ = 0;
  TimePoint since_;
};

}  // namespace martlet::authorization
