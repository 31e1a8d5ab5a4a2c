#include "services/lambda/errors.h"

#include <fmt/core.h>

#include "services/lambda/limits.h"

namespace martlet::lambda {

namespace {

/// Lambda marks errors that the caller caused with Type "User".
aws::Error user_error(std::string code, std::string message, int status) {
  return aws::Error(std::move(code), std::move(message), status).with("Type", "User");
}

}  // namespace

aws::Error variables_unreadable() {
  return {"KMSAccessDeniedException",
          "Lambda was unable to decrypt the environment variables: they were encrypted with another key than "
          "the data directory's secret-key.",
          502};
}

aws::Error invalid_parameter(std::string message) {
  return user_error("InvalidParameterValueException", std::move(message), 400);
}

aws::Error constraint_violation(const std::string& value, const std::string& member,
                                const std::string& constraint) {
  return {"ValidationException",
          fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: {}",
                      value, member, constraint),
          400};
}

aws::Error function_not_found(const std::string& arn) {
  return user_error("ResourceNotFoundException", "Function not found: " + arn, 404);
}

aws::Error function_in_other_region(const std::string& region, const std::string& asked) {
  return user_error("ResourceNotFoundException",
                    fmt::format("Functions from '{}' are not reachable in this region ('{}')", region, asked),
                    404);
}

aws::Error function_access_denied(const std::string& caller, const std::string& action,
                                  const std::string& arn) {
  const std::string name = action.empty() ? "lambda:*" : "lambda:" + action;
  return {"AccessDeniedException",
          fmt::format("User: {} is not authorized to perform: {} on resource: {} because no resource-based "
                      "policy allows the {} action",
                      caller, name, arn, name),
          403};
}

aws::Error unqualified_only() {
  return invalid_parameter(
      "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
      "operation. Please specify either a function name or an unqualified function ARN.");
}

aws::Error alias_not_found(const std::string& arn) {
  return user_error("ResourceNotFoundException", "Cannot find alias arn: " + arn, 404);
}

aws::Error code_storage_exceeded() {
  return user_error("CodeStorageExceededException", "Code storage limit exceeded.", 400);
}

aws::Error not_in_a_state_to_run(const std::string& state) {
  return user_error("ResourceConflictException",
                    "The operation cannot be performed at this time. The function is currently in the "
                    "following state: " +
                        state,
                    409);
}

aws::Error snapshot_not_ready() {
  return user_error("SnapStartNotReadyException",
                    "Lambda is initializing your function. It can be invoked once its state is Active.", 409);
}

aws::Error function_exists(const std::string& name) {
  return user_error("ResourceConflictException", "Function already exist: " + name, 409);
}

aws::Error revision_mismatch(const std::string& operation) {
  return user_error("PreconditionFailedException",
                    fmt::format("The Revision Id provided does not match the latest Revision Id. Call the "
                                "{} API to retrieve the latest Revision Id",
                                operation),
                    412);
}

aws::Error broken_zip() {
  return invalid_parameter(
      "Could not unzip uploaded file. Please check your file, then try to upload again.");
}

aws::Error unzipped_too_large() {
  return invalid_parameter(fmt::format("Unzipped size must be smaller than {} bytes", kMaxUnzippedBytes));
}

aws::Error request_too_large(const std::string& message) {
  return user_error("RequestEntityTooLargeException", message, 413);
}

aws::Error invalid_payload(const std::string& problem) {
  return user_error("InvalidRequestContentException",
                    "Could not parse request body into json: Could not parse payload into json: " + problem,
                    400);
}

aws::Error throttled(environments::ThrottleReason reason) {
  using environments::ThrottleReason;
  const char* name = "ConcurrentInvocationLimitExceeded";
  if (reason == ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded)
    name = "ReservedFunctionConcurrentInvocationLimitExceeded";
  if (reason == ThrottleReason::kFunctionInvocationRateLimitExceeded)
    name = "FunctionInvocationRateLimitExceeded";
  return user_error("TooManyRequestsException", "Rate Exceeded.", 429).with("Reason", name);
}

aws::Error recursive_invocation() {
  return user_error("RecursiveInvocationException",
                    "Lambda has detected your function being invoked in a recursive loop with other Amazon "
                    "Web Services resources and stopped your function's invocation.",
                    400);
}

aws::Error snap_start_failed(const std::string& message) {
  return user_error("SnapStartException", message, 400);
}

aws::Error snap_start_timed_out(const std::string& message) {
  return user_error("SnapStartTimeoutException", message, 408);
}

aws::Error invalid_runtime(const std::string& message) { return {"InvalidRuntimeException", message, 502}; }

aws::Error feature_not_implemented(const std::string& feature) {
  return {"NotImplemented", "Martlet does not implement " + feature + " yet.", 501};
}

}  // namespace martlet::lambda
