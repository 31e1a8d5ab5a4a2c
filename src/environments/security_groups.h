#pragma once

// Security groups in the form that Martlet has them: names for lists of addresses that a function may reach.
// They are given to the server at its start and belong to no VPC. Immutable; used on the loop.

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/sandbox.h"

namespace martlet::environments {

/// What functions without a VpcConfig may reach.
enum class DefaultEgress {
  kNone,  ///< nothing but the Runtime API and the platform's endpoint
  kNat,   ///< everything but this host and what sandbox::Egress always refuses
};

class SecurityGroups {
 public:
  SecurityGroups() = default;
  explicit SecurityGroups(DefaultEgress default_egress) : default_(default_egress) {}

  /// Adds a group, or to a group: "sg-ID=CIDR[:PORTS],...". Throws std::runtime_error with what is wrong.
  void add(std::string_view text);

  /// What a function with these groups (VpcConfig.SecurityGroupIds) may reach: what any of them allows. No
  /// groups: the default. An unknown group is an error, whose text names it.
  [[nodiscard]] std::expected<sandbox::Egress, std::string> egress_for(
      const std::vector<std::string>& ids) const;

 private:
  DefaultEgress default_ = DefaultEgress::kNone;
  std::map<std::string, std::vector<std::string>, std::less<>> groups_;
};

}  // namespace martlet::environments
