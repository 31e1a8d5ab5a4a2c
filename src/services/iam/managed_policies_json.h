#pragma once

// The text of managed_policies.json, as the build put it into this program: an object that gives, for the
// path and name of each policy below "policy/", its description and its statements.

#include <string_view>

namespace martlet::iam {

extern const std::string_view kManagedPoliciesJson;

}  // namespace martlet::iam
