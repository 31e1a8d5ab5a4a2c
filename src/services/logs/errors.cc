#include "services/logs/errors.h"

#include <fmt/core.h>

namespace martlet::logs {

aws::Error group_exists() {
  return {"ResourceAlreadyExistsException", "The specified log group already exists"};
}

aws::Error group_not_found() {
  return {"ResourceNotFoundException", "The specified log group does not exist."};
}

aws::Error stream_exists() {
  return {"ResourceAlreadyExistsException", "The specified log stream already exists"};
}

aws::Error stream_not_found() {
  return {"ResourceNotFoundException", "The specified log stream does not exist."};
}

aws::Error resource_not_found() {
  return {"ResourceNotFoundException", "The specified resource does not exist."};
}

aws::Error invalid_parameter(std::string message) {
  return {"InvalidParameterException", std::move(message)};
}

aws::Error constraint_violation(const std::string& value, const std::string& member,
                                const std::string& constraint) {
  return invalid_parameter(
      fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: {}", value,
                  member, constraint));
}

aws::Error invalid_token() { return invalid_parameter("The specified nextToken is invalid."); }

aws::Error deletion_protected() {
  return {"ValidationException",
          "The log group has deletion protection enabled. Disable deletion protection before you delete it."};
}

aws::Error too_many_tags(const std::string& resource_arn) {
  return aws::Error("TooManyTagsException", "The resource can have no more than 50 tags.")
      .with("resourceName", resource_arn);
}

}  // namespace martlet::logs
