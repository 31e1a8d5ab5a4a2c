#pragma once

// What functions were seen to do as their roles, so that the least policy that covers it can be written.
// Bounded: what is beyond the bounds is counted. Owned by the authorizer; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace martlet::authorization {

class Usage {
 public:
  static constexpr std::size_t kMaxSessions = 1000;
  static constexpr std::size_t kMaxUsesOfOne = 1000;

  /// `session` ("arn:aws:sts::123456789012:assumed-role/ROLE/FUNCTION") did the action, or tried to.
  void record(const std::string& session, std::string_view action, std::string_view resource);

  /// A policy document that allows all that sessions of this name ("FUNCTION"), of whatever role, were seen
  /// to do, and no more; empty when nothing was seen.
  [[nodiscard]] std::string least_policy(std::string_view session_name) const;

  /// Uses that there was no room for.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  void clear();

 private:
  /// By resource: what was done to it.
  using Actions = std::set<std::string, std::less<>>;
  struct Uses {
    std::map<std::string, Actions, std::less<>> by_resource;
    std::size_t count = 0;
  };
  std::map<std::string, Uses> sessions_;
  std::uint64_t left_out_ = 0;
};

}  // namespace martlet::authorization
