#pragma once

// Checks policy documents as IAM does when they are stored (policy/check.h), and counts their characters.

#include <cstddef>
#include <string_view>

#include "policy/check.h"

namespace martlet::iam {

using PolicyKind = policy::Kind;

/// Throws MalformedPolicyDocument, saying what is wrong.
void check_policy(std::string_view document, PolicyKind kind);

/// Characters that count against a quota: all but white space outside strings. `document` must have passed
/// check_policy.
std::size_t counted_size(std::string_view document);

}  // namespace martlet::iam
