#pragma once

// Names of managed policies: those that AWS keeps for all accounts and that serverless applications attach to
// their roles. Policies of an account's own do not exist yet, so no ARN of one is known.

#include <string_view>

namespace martlet::iam {

/// Whether `arn` ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole") is one of them.
bool is_managed_policy(std::string_view arn);

/// Of a managed policy's ARN: "AWSLambdaBasicExecutionRole".
std::string_view policy_name(std::string_view arn);
/// Of a managed policy's ARN: "/service-role/".
std::string_view policy_path(std::string_view arn);

}  // namespace martlet::iam
