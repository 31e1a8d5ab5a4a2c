#pragma once

// Checks policy documents as AWS does when they are stored: JSON, the elements and values of the policy
// grammar, and what the kind of policy requires.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::policy {

enum class Kind : std::uint8_t {
  /// Attached to a user, group or role, also as a boundary or for a session: names resources, and no
  /// principals.
  kIdentity,
  /// Says who may assume a role: names principals, and no resources.
  kTrust,
  /// Attached to another resource: names principals; may name resources.
  kResource,
};

/// Throws InvalidPolicy (document.h), saying in IAM's words what is wrong. What passes, Policy::parse
/// accepts.
void check(std::string_view document, Kind kind);

/// The ARNs that a trust policy, which has passed check(), names as principals.
std::vector<std::string> trusted_arns(std::string_view document);

}  // namespace martlet::policy
