#pragma once

// Every error that the IAM service answers with, in the words its users meet on AWS. HTTP statuses come from
// the model.

#include <cstddef>
#include <string>

#include "base/error.h"

namespace martlet::iam {

aws::Error role_exists(const std::string& name);
aws::Error role_not_found(const std::string& name);
/// For attaching: no managed policy of this ARN can be attached.
aws::Error policy_not_attachable(const std::string& arn);
/// For detaching: the policy is not attached.
aws::Error policy_not_attached(const std::string& arn);
aws::Error permissions_boundary_not_found(const std::string& arn);
aws::Error inline_policy_not_found(const std::string& name);
/// The role still has managed policies.
aws::Error must_detach_policies();
/// The role still has inline policies.
aws::Error must_delete_policies();
aws::Error malformed_policy(const std::string& why);
/// `quota` as AWS names it: "RolesPerAccount".
aws::Error quota_exceeded(const std::string& quota, std::size_t limit);
aws::Error inline_policies_too_large(const std::string& role);
aws::Error duplicate_tag_keys();
aws::Error invalid_policy_arn(const std::string& arn);
aws::Error invalid_marker();

}  // namespace martlet::iam
