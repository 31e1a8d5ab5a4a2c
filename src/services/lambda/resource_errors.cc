#include "services/lambda/resource_errors.h"

#include <fmt/core.h>

#include "services/lambda/errors.h"
#include "services/lambda/limits.h"

namespace martlet::lambda {

namespace {

aws::Error user_error(std::string code, std::string message, int status) {
  return aws::Error(std::move(code), std::move(message), status).with("Type", "User");
}

}  // namespace

aws::Error not_found(std::string message) {
  return user_error("ResourceNotFoundException", std::move(message), 404);
}

aws::Error conflict(std::string message) {
  return user_error("ResourceConflictException", std::move(message), 409);
}

aws::Error mapping_exists(const std::string& event_source_arn, const std::string& function,
                          const std::string& uuid) {
  return conflict(fmt::format(
      "An event source mapping with SQS arn (\" {} \") and function (\" {} \") already exists. Please "
      "update or delete the existing mapping with UUID {}",
      event_source_arn, function, uuid));
}

aws::Error mapping_in_use(const std::string& what_for) {
  return user_error("ResourceInUseException",
                    "Cannot " + what_for + " the event source mapping because it is in use.", 400);
}

aws::Error resource_not_found() { return not_found("The resource you requested does not exist."); }

aws::Error function_does_not_exist() { return not_found("Function does not exist"); }

aws::Error layer_version_not_found(const std::string& arn) {
  return not_found("Layer version " + arn + " does not exist.");
}

aws::Error layer_version_below_one() { return invalid_parameter("Layer Version Cannot be less than 1"); }

aws::Error layer_access_denied(const std::string& caller, const std::string& arn) {
  return {"AccessDeniedException",
          "User: " + caller + " is not authorized to perform: lambda:GetLayerVersion on resource: " + arn +
              " because no resource-based policy allows the lambda:GetLayerVersion action",
          403};
}

aws::Error referenced_layer_not_found(const std::string& arn) {
  return invalid_parameter("Layer version " + arn + " does not exist.");
}

aws::Error too_many_layers() {
  return invalid_parameter(fmt::format("Cannot reference more than {} layers.", kMaxLayers));
}

aws::Error layer_twice(const std::string& first, const std::string& second) {
  return invalid_parameter(
      "Two different versions of the same layer are not allowed to be referenced in the same function. " +
      first + " and " + second + ".");
}

aws::Error layer_in_other_region(const std::string& region) {
  return invalid_parameter(
      "Layers are not in the same region as the function. Layers are expected to be in region " + region +
      ".");
}

aws::Error code_with_layers_too_large(std::uint64_t bytes) {
  return invalid_parameter(
      fmt::format("Function code combined with layers exceeds the maximum allowed size of {} bytes. The "
                  "actual size is {} bytes.",
                  kMaxUnzippedBytes, bytes));
}

aws::Error no_layer_content() { return invalid_parameter("Please provide a source for layer content."); }

aws::Error no_policy() { return not_found("No policy is associated with the given resource."); }

aws::Error statement_not_found(const std::string& sid) {
  return not_found("Statement " + sid + " is not found in resource policy.");
}

aws::Error statement_exists(const std::string& sid) {
  return conflict("The statement id (" + sid +
                  ") provided already exists. Please provide a new statement id, or remove the existing "
                  "statement.");
}

aws::Error invalid_principal() {
  return invalid_parameter("The provided principal was invalid. Please check the principal and try again.");
}

aws::Error policy_too_long(std::size_t bytes) {
  return user_error(
      "PolicyLengthExceededException",
      fmt::format("The final policy size ({}) is bigger than the limit ({}).", bytes, kMaxPolicyBytes), 400);
}

aws::Error policy_revision_mismatch(const std::string& operation) {
  return user_error("PreconditionFailedException",
                    "The Revision Id provided does not match the latest Revision Id. Call the " + operation +
                        " API to retrieve the latest Revision Id",
                    412);
}

aws::Error source_image_not_found(const std::string& uri) {
  return invalid_parameter("Source image " + uri + " does not exist. Provide a valid source image.");
}

aws::Error source_image_denied() {
  return invalid_parameter(
      "Lambda does not have permission to access the ECR image. Check the ECR permissions.");
}

aws::Error source_image_not_valid(const std::string& uri) {
  return invalid_parameter("Source image " + uri + " is not valid. Provide a valid source image.");
}

aws::Error source_image_not_supported(const std::string& uri) {
  return invalid_parameter("The image manifest, config or layer media type for the source image " + uri +
                           " is not supported.");
}

}  // namespace martlet::lambda
