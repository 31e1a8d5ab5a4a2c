#pragma once

// Checks policy documents as IAM does when they are stored: JSON, the elements and values of the IAM JSON
// policy grammar, and what the kind of policy requires. Deciding by them is not done here.

#include <cstddef>
#include <string_view>

namespace martlet::iam {

enum class PolicyKind {
  /// Says who may assume a role: names principals, and no resources.
  kTrust,
  /// Says what a role may do: names resources, and no principals.
  kIdentity,
};

/// Throws MalformedPolicyDocument, saying what is wrong.
void check_policy(std::string_view document, PolicyKind kind);

/// Characters that count against a quota: all but white space outside strings. `document` must have passed
/// check_policy.
std::size_t counted_size(std::string_view document);

}  // namespace martlet::iam
