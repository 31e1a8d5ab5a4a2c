#pragma once

// IAM's quotas and defaults, as the IAM User Guide ("IAM and AWS STS quotas") and the API reference give
// them. Where an account can ask for more, this is what it has without asking.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace martlet::iam {

/// What one account may have of a kind of thing, and how the quota is called in errors.
struct Quota {
  std::string_view name;
  std::size_t limit;
};

inline constexpr Quota kUsers{"UsersPerAccount", 5000};
inline constexpr Quota kGroups{"GroupsPerAccount", 300};
inline constexpr Quota kRoles{"RolesPerAccount", 1000};
inline constexpr Quota kInstanceProfiles{"InstanceProfilesPerAccount", 1000};
inline constexpr Quota kPolicies{"PoliciesPerAccount", 1500};
inline constexpr Quota kOidcProviders{"OpenIdConnectProvidersPerAccount", 100};
inline constexpr Quota kSamlProviders{"SAMLProvidersPerAccount", 100};
inline constexpr Quota kAccessKeys{"AccessKeysPerUser", 2};
inline constexpr Quota kSshKeys{"SSHPublicKeysPerUser", 5};
inline constexpr Quota kSigningCertificates{"SigningCertificatesPerUser", 2};
/// For one service.
inline constexpr Quota kServiceCredentials{"ServiceSpecificCredentialsPerUser", 2};
inline constexpr Quota kMfaDevices{"MFADevicesPerUser", 8};
/// As many as users.
inline constexpr Quota kVirtualMfaDevices{"VirtualMFADevicesPerAccount", 5000};
inline constexpr Quota kServerCertificates{"ServerCertificatesPerAccount", 20};
inline constexpr Quota kGroupsOfUser{"GroupsPerUser", 10};
inline constexpr Quota kRolesOfInstanceProfile{"InstanceSessionsPerInstanceProfile", 1};
inline constexpr Quota kClientIds{"ClientIdsPerOpenIdConnectProvider", 100};
inline constexpr Quota kThumbprints{"ThumbprintsPerOpenIdConnectProvider", 5};

/// Managed policies attached to one user, group or role.
inline constexpr std::size_t kMaxAttachedPolicies = 10;
inline constexpr std::size_t kMaxPolicyVersions = 5;
inline constexpr std::size_t kMaxTags = 50;

// Sizes of documents are in characters, white space between tokens not counted.
inline constexpr Quota kTrustPolicySize{"ACLSizePerRole", 2048};
inline constexpr Quota kManagedPolicySize{"PolicySize", 6144};
/// All inline policies of one of them together.
inline constexpr std::size_t kMaxInlinePoliciesOfUser = 2048;
inline constexpr std::size_t kMaxInlinePoliciesOfGroup = 5120;
inline constexpr std::size_t kMaxInlinePoliciesOfRole = 10'240;

inline constexpr std::int32_t kDefaultSessionSeconds = 3600;

inline constexpr std::size_t kMaxSerialNumber = 256;

// AWS's documentation does not tell these. Codes of devices are taken that many steps of 30 seconds before
// and after their time; when a device is enabled or synchronized, its clock may be off by the second number.
inline constexpr std::int64_t kCodeTolerance = 1;
inline constexpr std::int64_t kCodeReach = 20;
/// After so many wrong codes in a row no code of the device is right for a while.
inline constexpr std::size_t kMaxWrongCodes = 10;
inline constexpr std::chrono::minutes kWrongCodesPause{5};

/// Items in one page of a list when MaxItems is absent.
inline constexpr std::size_t kDefaultPageSize = 100;

/// A credential report may be read for so long; generating another sooner gives the same one.
inline constexpr std::int64_t kCredentialReportMs = 4LL * 3600 * 1000;

/// A report of last accesses may be read for so long, unless the account has asked for so many more since.
/// (The documentation gives no numbers.)
inline constexpr std::int64_t kAccessReportMs = 24LL * 3600 * 1000;
inline constexpr std::size_t kMaxAccessReports = 100;

}  // namespace martlet::iam
