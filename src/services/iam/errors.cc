#include "services/iam/errors.h"

#include <fmt/core.h>

#include <utility>

namespace martlet::iam {

namespace {

/// "Role": a noun at the beginning of a sentence.
std::string capital(std::string_view noun) {
  std::string word(noun);
  word.front() = static_cast<char>(word.front() - 'a' + 'A');
  return word;
}

aws::Error limit_exceeded(std::string message) { return {"LimitExceededException", std::move(message), 409}; }

}  // namespace

aws::Error already_exists(std::string_view noun, const std::string& name) {
  std::string message = fmt::format("{} with name {} already exists.", capital(noun), name);
  if (noun == "instance-profile") message = fmt::format("Instance Profile {} already exists.", name);
  if (noun == "server-certificate")
    message = fmt::format("The Server Certificate with name {} already exists.", name);
  if (noun == "policy")
    message = fmt::format("A policy called {} already exists. Duplicate names are not allowed.", name);
  return {"EntityAlreadyExistsException", std::move(message), 409};
}

aws::Error not_found(std::string_view noun, const std::string& name) {
  if (noun == "instance-profile")
    return no_such_entity(fmt::format("Instance Profile {} cannot be found.", name));
  if (noun == "server-certificate") noun = "Server Certificate";
  return no_such_entity(fmt::format("The {} with name {} cannot be found.", noun, name));
}

aws::Error no_such_entity(std::string message) { return {"NoSuchEntityException", std::move(message), 404}; }

aws::Error policy_not_attachable(const std::string& arn) {
  return no_such_entity(fmt::format("Policy {} does not exist or is not attachable.", arn));
}

aws::Error policy_of_service(const std::string& arn) {
  return {"PolicyNotAttachableException",
          fmt::format("Policy {} can only be attached to the service-linked role of its service.", arn), 400};
}

aws::Error policy_not_found(const std::string& arn) {
  return no_such_entity(fmt::format("Policy {} was not found.", arn));
}

aws::Error policy_version_not_found(const std::string& arn, const std::string& version) {
  return no_such_entity(
      fmt::format("Policy {} version {} does not exist or is not attachable.", arn, version));
}

aws::Error permissions_boundary_not_found(const std::string& arn) {
  return no_such_entity(fmt::format("Scope ARN: {} does not exist or is not attachable.", arn));
}

aws::Error inline_policy_not_found(std::string_view noun, const std::string& name) {
  return no_such_entity(fmt::format("The {} policy with name {} cannot be found.", noun, name));
}

aws::Error access_key_not_found(const std::string& id) {
  return no_such_entity(fmt::format("The Access Key with id {} cannot be found.", id));
}

aws::Error login_profile_not_found(const std::string& user) {
  return no_such_entity(fmt::format("Login Profile for User {} cannot be found.", user));
}

aws::Error must_first(std::string_view what) {
  return delete_conflict(fmt::format("Cannot delete entity, must {} first.", what));
}

aws::Error delete_conflict(std::string message) {
  return {"DeleteConflictException", std::move(message), 409};
}

aws::Error policy_in_use() { return delete_conflict("Cannot delete a policy attached to entities."); }

aws::Error malformed_policy(const std::string& why) { return {"MalformedPolicyDocumentException", why, 400}; }

aws::Error invalid_principal(const std::string& arn) {
  return malformed_policy(fmt::format("Invalid principal in policy: \"AWS\":\"{}\"", arn));
}

aws::Error quota_exceeded(std::string_view quota, std::size_t limit) {
  return limit_exceeded(fmt::format("Cannot exceed quota for {}: {}", quota, limit));
}

aws::Error inline_policies_too_large(std::string_view noun, const std::string& name, std::size_t limit) {
  return limit_exceeded(fmt::format("Maximum policy size of {} bytes exceeded for {} {}", limit, noun, name));
}

aws::Error too_many_policy_versions() {
  return limit_exceeded(
      "A managed policy can have up to 5 versions. Before you create a new version, you must delete an "
      "existing version.");
}

aws::Error invalid_input(std::string message) { return {"InvalidInputException", std::move(message), 400}; }

aws::Error validation_error(std::string message) { return {"ValidationError", std::move(message), 400}; }

aws::Error duplicate_tag_keys() {
  return invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
}

aws::Error invalid_policy_arn(const std::string& arn) {
  return invalid_input(fmt::format("ARN {} is not valid.", arn));
}

aws::Error invalid_marker() { return validation_error("Invalid Marker."); }

aws::Error user_name_needed() {
  return validation_error("Must specify userName when calling with non-User credentials");
}

aws::Error protected_role(const std::string& name) {
  return {"UnmodifiableEntityException",
          fmt::format(
              "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
              name),
          400};
}

aws::Error policy_of_others() { return {"AccessDenied", "Policy is outside your own account.", 403}; }

aws::Error password_refused(std::string why) {
  return {"PasswordPolicyViolationException", std::move(why), 400};
}

aws::Error device_not_found(const std::string& serial_number) {
  return no_such_entity(fmt::format("VirtualMFADevice with serial number {} doesn't exist.", serial_number));
}

aws::Error device_of_others() { return no_such_entity("MFA Device invalid for user."); }

aws::Error device_in_use() { return delete_conflict("MFA VirtualDevice in use. Must deactivate first."); }

aws::Error wrong_device_codes() {
  return {"InvalidAuthenticationCodeException", "Authentication code for device is not valid.", 403};
}

aws::Error malformed_certificate(std::string why) {
  return {"MalformedCertificateException", std::move(why), 400};
}

aws::Error signing_certificate_not_found(const std::string& id) {
  return no_such_entity(fmt::format("The Certificate with id {} cannot be found.", id));
}

aws::Error service_credential_not_found(const std::string& id) {
  return no_such_entity(fmt::format("The Service Specific Credential with id {} cannot be found.", id));
}

}  // namespace martlet::iam
