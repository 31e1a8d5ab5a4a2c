#pragma once

// The credentials endpoint of SnapStart environments: credentials that were variables would be the same, and
// as old, in everything that comes from one snapshot, so that SDKs ask for them here when they need them.
// It is on the Runtime API's port; the answer is the one that AWS SDKs expect of a container's endpoint.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "environments/environments.h"
#include "environments/policy.h"

namespace martlet::environments {

inline constexpr std::string_view kCredentialsPath = "/2021-04-23/credentials";

/// Puts the endpoint into a runtime's variables, in place of credentials there. Returns the token that the
/// runtime will show.
std::string use_credentials_endpoint(Variables& variables);

/// After this long an SDK is to ask again.
inline constexpr Duration kCredentialsAskAgainAfter = std::chrono::hours(1);

/// The endpoint's answer, with new credentials for the environment of that tag.
Task<std::string> credentials_document(std::shared_ptr<const Spec> spec, std::string environment);

}  // namespace martlet::environments
