#include "services/sns/errors.h"

#include <algorithm>

namespace martlet::sns {

aws::Error invalid_parameter(const std::string& what) {
  return {"InvalidParameter", "Invalid parameter: " + what};
}

aws::Error invalid_arn(const std::string& parameter, const std::string& value) {
  const auto parts = 1 + std::ranges::count(value, ':');
  if (parts < 6)
    return invalid_parameter(parameter + " Reason: An ARN must have at least 6 elements, not " +
                             std::to_string(parts));
  return invalid_parameter(parameter);
}

aws::Error invalid_value(std::string message) { return {"ParameterValueInvalid", std::move(message)}; }

aws::Error topic_not_found() { return {"NotFound", "Topic does not exist", 404}; }

aws::Error subscription_not_found() { return {"NotFound", "Subscription does not exist", 404}; }

aws::Error resource_not_found() { return {"ResourceNotFound", "Resource does not exist", 404}; }

aws::Error too_many_tags() {
  return {"TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded"};
}

aws::Error filter_policy_limit_exceeded(std::string message) {
  return {"FilterPolicyLimitExceeded", std::move(message), 403};
}

aws::Error authorization_error(std::string message) {
  return {"AuthorizationError", std::move(message), 403};
}

aws::Error phone_number_opted_out() {
  return {"OptedOut", "The phone number has opted out of receiving messages."};
}

aws::Error empty_batch() { return {"EmptyBatchRequest", "The batch request doesn't contain any entries."}; }

aws::Error too_many_batch_entries() {
  return {"TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."};
}

aws::Error batch_ids_not_distinct() {
  return {"BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."};
}

aws::Error invalid_batch_id() {
  return {"InvalidBatchEntryId",
          "The Id of a batch entry in a batch request doesn't abide by the specification."};
}

aws::Error batch_too_long() {
  return {"BatchRequestTooLong", "The length of all the batch messages put together is more than the limit."};
}

aws::Error not_built(const std::string& what) {
  return {"NotImplemented", "Martlet does not have " + what + " yet.", 501};
}

}  // namespace martlet::sns
