#pragma once

// Every way in which a request can fail to prove who sent it, in the words of the service that is asked: the
// same fault has one code in the Query protocol (IAM, STS, SNS), another in the JSON protocols, and a third
// in S3.

#include <string>

#include "base/error.h"

namespace martlet::gateway {

/// Whose error codes apply.
enum class Dialect { kQuery, kJson, kRestJson, kS3 };

enum class AuthFault {
  kMissing,          ///< no signature where one is needed
  kIncomplete,       ///< a signature that lacks parts or cannot be read
  kUnknownKey,       ///< the access key id is nobody's
  kInvalidToken,     ///< the session token does not belong to the access key
  kExpiredToken,     ///< temporary credentials past their time
  kMismatch,         ///< the signature is not what the request and the secret give
  kSkewed,           ///< signed too long ago or too far ahead
  kExpiredRequest,   ///< a presigned request past its time
  kUnsignedHeaders,  ///< headers that must be signed are not
  kBodyMismatch,     ///< the body is not the one whose hash was signed
};

/// The error that a caller gets; `detail` replaces AWS's usual message where that names particulars.
aws::Error auth_error(Dialect dialect, AuthFault fault, std::string detail = {});

}  // namespace martlet::gateway
