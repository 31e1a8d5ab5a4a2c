#pragma once

// Limits of STS, after its API reference and "IAM and AWS STS quotas" in the IAM User Guide.

#include <cstddef>
#include <cstdint>

namespace martlet::sts {

inline constexpr std::int32_t kDefaultRoleSeconds = 3600;
inline constexpr std::int32_t kMinRoleSeconds = 900;
inline constexpr std::int32_t kMaxRoleSeconds = 43'200;
/// Of sessions made by role sessions, and of the account's root user.
inline constexpr std::int32_t kMaxChainedSeconds = 3600;
inline constexpr std::int32_t kMaxRootSeconds = 3600;
/// Of GetSessionToken and GetFederationToken.
inline constexpr std::int32_t kDefaultUserSeconds = 43'200;

inline constexpr std::size_t kMaxPolicyArns = 10;
/// Characters of an inline session policy and the ARNs of managed ones, together.
inline constexpr std::size_t kMaxPolicyCharacters = 2048;
/// AWS packs policies and tags into a form whose limit it does not tell; here they have this many bytes.
inline constexpr std::size_t kMaxPackedBytes = 4096;

}  // namespace martlet::sts
