#pragma once

// Every error that Amazon SNS answers with, in the words its users meet on AWS. HTTP statuses come from the
// model.

#include <string>

#include "base/error.h"

namespace martlet::sns {

/// InvalidParameter; the message is "Invalid parameter: " and `what`.
aws::Error invalid_parameter(const std::string& what);
/// InvalidParameter: `value` is not an ARN.
aws::Error invalid_arn(const std::string& parameter, const std::string& value);
/// ParameterValueInvalid, for attributes of messages.
aws::Error invalid_value(std::string message);
aws::Error topic_not_found();
aws::Error subscription_not_found();
aws::Error resource_not_found();
aws::Error too_many_tags();
aws::Error filter_policy_limit_exceeded(std::string message);
aws::Error authorization_error(std::string message);
aws::Error phone_number_opted_out();
aws::Error empty_batch();
aws::Error too_many_batch_entries();
aws::Error batch_ids_not_distinct();
aws::Error invalid_batch_id();
aws::Error batch_too_long();
/// NotImplemented, naming what is meant.
aws::Error not_built(const std::string& what);

}  // namespace martlet::sns
