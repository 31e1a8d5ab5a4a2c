#pragma once

// Every error that the Lambda service answers with, in the words its users meet on AWS.

#include <string>

#include "base/error.h"

namespace martlet::lambda {

/// 400: a value that is well-formed but not acceptable.
aws::Error invalid_parameter(std::string message);
/// 400 ValidationException: a value outside what the API model allows, in the form the model's own checks
/// use.
aws::Error constraint_violation(const std::string& value, const std::string& member,
                                const std::string& constraint);
/// 404 for a function, version or alias; `arn` names it, qualifier included.
aws::Error function_not_found(const std::string& arn);
/// 409: the name is taken.
aws::Error function_exists(const std::string& name);
/// 412: the RevisionId given is not the function's.
aws::Error revision_mismatch();
/// 400: the package is not a usable zip file.
aws::Error broken_zip();
/// 400: the package is too large unpacked.
aws::Error unzipped_too_large();
/// 413: a zip file, or another part of a request, is too large.
aws::Error request_too_large(const std::string& message);
/// 400: the payload is not JSON; `problem` says where.
aws::Error invalid_payload(const std::string& problem);
/// 429: no environment could be had.
aws::Error throttled();
/// 502: no interpreter for the function's runtime.
aws::Error invalid_runtime(const std::string& message);
/// 501: a part of an operation that Martlet does not have yet, named by what the caller asked for.
aws::Error feature_not_implemented(const std::string& feature);

}  // namespace martlet::lambda
