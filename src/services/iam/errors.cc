#include "services/iam/errors.h"

#include <fmt/core.h>

#include "services/iam/limits.h"

namespace martlet::iam {

namespace {

aws::Error no_such_entity(std::string message) { return {"NoSuchEntityException", std::move(message), 404}; }

}  // namespace

aws::Error role_exists(const std::string& name) {
  return {"EntityAlreadyExistsException", fmt::format("Role with name {} already exists.", name), 409};
}

aws::Error role_not_found(const std::string& name) {
  return no_such_entity(fmt::format("The role with name {} cannot be found.", name));
}

aws::Error policy_not_attachable(const std::string& arn) {
  return no_such_entity(fmt::format("Policy {} does not exist or is not attachable.", arn));
}

aws::Error policy_not_attached(const std::string& arn) {
  return no_such_entity(fmt::format("Policy {} was not found.", arn));
}

aws::Error permissions_boundary_not_found(const std::string& arn) {
  return no_such_entity(fmt::format("Scope ARN: {} does not exist or is not attachable.", arn));
}

aws::Error inline_policy_not_found(const std::string& name) {
  return no_such_entity(fmt::format("The role policy with name {} cannot be found.", name));
}

aws::Error must_detach_policies() {
  return {"DeleteConflictException", "Cannot delete entity, must detach all policies first.", 409};
}

aws::Error must_delete_policies() {
  return {"DeleteConflictException", "Cannot delete entity, must delete policies first.", 409};
}

aws::Error malformed_policy(const std::string& why) { return {"MalformedPolicyDocumentException", why, 400}; }

aws::Error quota_exceeded(const std::string& quota, std::size_t limit) {
  return {"LimitExceededException", fmt::format("Cannot exceed quota for {}: {}", quota, limit), 409};
}

aws::Error inline_policies_too_large(const std::string& role) {
  return {"LimitExceededException",
          fmt::format("Maximum policy size of {} bytes exceeded for role {}", kMaxInlinePoliciesSize, role),
          409};
}

aws::Error duplicate_tag_keys() {
  return {"InvalidInputException",
          "Duplicate tag keys found. Please note that Tag keys are case insensitive.", 400};
}

aws::Error invalid_policy_arn(const std::string& arn) {
  return {"InvalidInputException", fmt::format("ARN {} is not valid.", arn), 400};
}

aws::Error invalid_marker() { return {"ValidationError", "Invalid Marker.", 400}; }

}  // namespace martlet::iam
