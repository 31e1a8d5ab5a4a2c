#pragma once

// Every error that STS answers with, in the words its users meet on AWS. HTTP statuses follow the model.

#include <string>
#include <utility>

#include "authorization/denial.h"
#include "base/error.h"

namespace martlet::sts {

inline aws::Error missing_token() {
  return {"MissingAuthenticationToken", "Request is missing Authentication Token", 403};
}
inline aws::Error access_denied(std::string message) { return {"AccessDenied", std::move(message), 403}; }
inline aws::Error access_denied(authorization::Denial denial) {
  return authorization::error_of(std::move(denial), "AccessDenied", 403);
}
inline aws::Error validation_error(std::string message) { return {"ValidationError", std::move(message)}; }
inline aws::Error invalid_parameter(std::string message) {
  return {"InvalidParameterValue", std::move(message)};
}
inline aws::Error malformed_policy(std::string message) {
  return {"MalformedPolicyDocument", std::move(message)};
}
inline aws::Error packed_policy_too_large(std::size_t percent) {
  return {"PackedPolicyTooLarge", "Packed size of session policies and tags consumes " +
                                      std::to_string(percent) + "% of allotted space."};
}
inline aws::Error invalid_identity_token(std::string message) {
  return {"InvalidIdentityToken", std::move(message)};
}
inline aws::Error invalid_jwt() {
  return invalid_identity_token(
      "The ID Token provided is not a valid JWT. (You may see this error if you "
      "sent an Access Token)");
}
inline aws::Error expired_identity_token(std::string message) {
  return {"ExpiredTokenException", std::move(message)};
}
inline aws::Error provider_unreachable(const std::string& url) {
  return {"IDPCommunicationError", "The keys of the identity provider " + url + " could not be retrieved"};
}
inline aws::Error invalid_authorization_message() {
  return {"InvalidAuthorizationMessageException",
          "The message is none that was encoded here for this account"};
}

}  // namespace martlet::sts
