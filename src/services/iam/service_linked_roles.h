#pragma once

// The services that have a role of their own in an account, and what that role is called and may do.
// Constant data.

#include <optional>
#include <string>
#include <string_view>

namespace martlet::iam {

struct LinkedService {
  /// "lambda.amazonaws.com"
  std::string_view principal;
  /// The role is called "AWSServiceRoleFor" and this.
  std::string_view role;
  /// The managed policy that the role has, below "aws-service-role/"; empty where it is not known here.
  std::string_view policy = {};
  /// Whether an account may have several, told apart by a suffix.
  bool takes_suffix = false;

  /// Empty where `policy` is.
  [[nodiscard]] std::string policy_arn() const;
};

/// Null when no service is known by this principal.
const LinkedService* find_linked_service(std::string_view principal);
/// "AWSServiceRoleForLambda", "AWSServiceRoleForAutoScaling_blue"
std::string linked_role_name(const LinkedService& service, const std::optional<std::string>& suffix);

}  // namespace martlet::iam
