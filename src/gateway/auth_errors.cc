#include "gateway/auth_errors.h"

#include <array>
#include <string_view>

namespace martlet::gateway {

namespace {

struct Wording {
  std::string_view code;
  int status;
  std::string_view message;
};

constexpr std::string_view kInvalidTokenText = "The security token included in the request is invalid.";
constexpr std::string_view kExpiredTokenText = "The security token included in the request is expired";
constexpr std::string_view kMismatchText =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and "
    "signing method. Consult the service documentation for details.";

Wording query_wording(AuthFault fault) {
  switch (fault) {
    case AuthFault::kMissing:
      return {"MissingAuthenticationToken", 403, "Request is missing Authentication Token"};
    case AuthFault::kIncomplete:
      return {"IncompleteSignature", 400, "The request signature is incomplete."};
    case AuthFault::kUnknownKey:
    case AuthFault::kInvalidToken:
      return {"InvalidClientTokenId", 403, kInvalidTokenText};
    case AuthFault::kExpiredToken:
      return {"ExpiredToken", 403, kExpiredTokenText};
    case AuthFault::kMismatch:
      return {"SignatureDoesNotMatch", 403, kMismatchText};
    case AuthFault::kSkewed:
    case AuthFault::kExpiredRequest:
      return {"SignatureDoesNotMatch", 403, "Signature expired."};
    case AuthFault::kUnsignedHeaders:
    case AuthFault::kBodyMismatch:
      break;
  }
  return {"SignatureDoesNotMatch", 403, kMismatchText};
}

Wording json_wording(AuthFault fault, int status) {
  switch (fault) {
    case AuthFault::kMissing:
      return {"MissingAuthenticationTokenException", status, "Missing Authentication Token"};
    case AuthFault::kIncomplete:
      return {"IncompleteSignatureException", status, "The request signature is incomplete."};
    case AuthFault::kUnknownKey:
    case AuthFault::kInvalidToken:
      return {"UnrecognizedClientException", status, kInvalidTokenText};
    case AuthFault::kExpiredToken:
      return {"ExpiredTokenException", status, kExpiredTokenText};
    case AuthFault::kSkewed:
    case AuthFault::kExpiredRequest:
      return {"InvalidSignatureException", status, "Signature expired."};
    case AuthFault::kMismatch:
    case AuthFault::kUnsignedHeaders:
    case AuthFault::kBodyMismatch:
      break;
  }
  return {"InvalidSignatureException", status, kMismatchText};
}

Wording s3_wording(AuthFault fault) {
  switch (fault) {
    case AuthFault::kMissing:
      return {"AccessDenied", 403, "Access Denied"};
    case AuthFault::kIncomplete:
      return {"AuthorizationHeaderMalformed", 400, "The authorization header you provided is invalid."};
    case AuthFault::kUnknownKey:
      return {"InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."};
    case AuthFault::kInvalidToken:
      return {"InvalidToken", 400, "The provided token is malformed or otherwise invalid."};
    case AuthFault::kExpiredToken:
      return {"ExpiredToken", 400, "The provided token has expired."};
    case AuthFault::kSkewed:
      return {"RequestTimeTooSkewed", 403,
              "The difference between the request time and the current time is too large."};
    case AuthFault::kExpiredRequest:
      return {"AccessDenied", 403, "Request has expired"};
    case AuthFault::kUnsignedHeaders:
      return {"AccessDenied", 403, "There were headers present in the request which were not signed"};
    case AuthFault::kBodyMismatch:
      return {"XAmzContentSHA256Mismatch", 400,
              "The provided 'x-amz-content-sha256' header does not match what was computed."};
    case AuthFault::kMismatch:
      break;
  }
  return {"SignatureDoesNotMatch", 403,
          "The request signature we calculated does not match the signature you provided. Check your key and "
          "signing "
          "method."};
}

Wording wording(Dialect dialect, AuthFault fault) {
  switch (dialect) {
    case Dialect::kQuery:
      return query_wording(fault);
    case Dialect::kJson:
      return json_wording(fault, 400);
    case Dialect::kRestJson:
      return json_wording(fault, 403);
    case Dialect::kS3:
      return s3_wording(fault);
  }
  return query_wording(fault);
}

}  // namespace

aws::Error auth_error(Dialect dialect, AuthFault fault, std::string detail) {
  const Wording chosen = wording(dialect, fault);
  return {std::string(chosen.code), detail.empty() ? std::string(chosen.message) : std::move(detail),
          chosen.status};
}

}  // namespace martlet::gateway
