#pragma once

// Every error that CloudWatch Logs answers with, in the words its users meet on AWS. (Its API model gives all
// of them HTTP status 400.)

#include <string>

#include "base/error.h"

namespace martlet::logs {

aws::Error group_exists();
aws::Error group_not_found();
aws::Error stream_exists();
aws::Error stream_not_found();
/// For tags: the ARN names nothing that is here.
aws::Error resource_not_found();
/// InvalidParameterException: a value that is well-formed but not acceptable.
aws::Error invalid_parameter(std::string message);
/// The same in the form that the model's own checks use.
aws::Error constraint_violation(const std::string& value, const std::string& member,
                                const std::string& constraint);
aws::Error invalid_token();
aws::Error deletion_protected();
aws::Error too_many_tags(const std::string& resource_arn);

}  // namespace martlet::logs
