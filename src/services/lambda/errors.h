#pragma once

// Every error that the Lambda service answers with, in the words its users meet on AWS.

#include <string>

#include "base/error.h"
#include "environments/environments.h"

namespace martlet::lambda {

/// 400: a value that is well-formed but not acceptable.
aws::Error invalid_parameter(std::string message);
/// 400 ValidationException: a value outside what the API model allows, in the form the model's own checks
/// use.
aws::Error constraint_violation(const std::string& value, const std::string& member,
                                const std::string& constraint);
/// 404 for a function, version or alias; `arn` names it, qualifier included.
aws::Error function_not_found(const std::string& arn);
/// 404: the ARN names another region than the one that was asked.
aws::Error function_in_other_region(const std::string& region, const std::string& asked);
/// 403: the function is another account's, and nobody has let this one in. `caller` is an ARN, `action` an
/// operation's name; empty when it is not known.
aws::Error function_access_denied(const std::string& caller, const std::string& action,
                                  const std::string& arn);
/// 400: the operation concerns the function as a whole, the name has a qualifier.
aws::Error unqualified_only();
/// 409: the name is taken.
aws::Error function_exists(const std::string& name);
/// 404 for aliases where they are spoken of as such.
aws::Error alias_not_found(const std::string& arn);
/// 400 CodeStorageExceededException.
aws::Error code_storage_exceeded();
/// 409: the version is being made, or could not be made; `state` as in FunctionConfiguration.
aws::Error not_in_a_state_to_run(const std::string& state);
/// 400 SnapStartException: an after-restore hook failed.
aws::Error snap_start_failed(const std::string& message);
/// 408 SnapStartTimeoutException: the Restore phase took too long.
aws::Error snap_start_timed_out(const std::string& message);
/// 409 SnapStartNotReadyException.
aws::Error snapshot_not_ready();
/// 412: the RevisionId given is not the function's; `operation` is the one that tells it.
aws::Error revision_mismatch(const std::string& operation = "GetFunction/GetAlias");
/// 400: the package is not a usable zip file.
aws::Error broken_zip();
/// 400: the package is too large unpacked.
aws::Error unzipped_too_large();
/// 413: a zip file, or another part of a request, is too large.
aws::Error request_too_large(const std::string& message);
/// 400: the payload is not JSON; `problem` says where.
aws::Error invalid_payload(const std::string& problem);
/// 429: no environment could be had.
aws::Error throttled(environments::ThrottleReason reason);
/// 400 RecursiveInvocationException: the event has come around too often.
aws::Error recursive_invocation();
/// 502: no interpreter for the function's runtime.
aws::Error invalid_runtime(const std::string& message);
/// 502: the environment variables were sealed with another key than this server's.
aws::Error variables_unreadable();
/// 501: a part of an operation that Martlet does not have yet, named by what the caller asked for.
aws::Error feature_not_implemented(const std::string& feature);

}  // namespace martlet::lambda
