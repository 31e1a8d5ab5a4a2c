#pragma once

// IAM's quotas and defaults, as the IAM User Guide ("IAM and AWS STS quotas") and the API reference give
// them. Where an account can ask for more, this is what it has without asking.

#include <cstddef>
#include <cstdint>

namespace martlet::iam {

inline constexpr std::size_t kMaxRolesPerAccount = 1000;
inline constexpr std::size_t kMaxManagedPoliciesPerRole = 10;
/// Characters of a role's trust policy, white space between tokens not counted.
inline constexpr std::size_t kMaxTrustPolicySize = 2048;
/// Characters of all inline policies of a role together, counted in the same way.
inline constexpr std::size_t kMaxInlinePoliciesSize = 10'240;

inline constexpr std::int32_t kDefaultSessionSeconds = 3600;

/// Items in one page of a list when MaxItems is absent.
inline constexpr std::size_t kDefaultPageSize = 100;

}  // namespace martlet::iam
