// GetCallerIdentity, GetAccessKeyInfo, DecodeAuthorizationMessage; the second factor.

#include "services/sts/service.h"

#include <utility>

#include "services/sts/errors.h"

namespace martlet::sts {

StsService::StsService(Dependencies with)
    : with_(with),
      tokens_(with.secrets, with.ids, with.callers),
      messages_(with.secrets),
      provider_keys_(with.client, with.clock) {}

Task<bool> StsService::confirmed(const wire::Caller& caller, std::optional<std::string> serial_number,
                                 std::optional<std::string> code) {
  if (!serial_number && !code) co_return false;
  if (!serial_number || !code)
    throw access_denied(
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.");
  SecondFactor result = SecondFactor::kNoDevice;
  if (with_.second_factors != nullptr)
    result = co_await with_.second_factors->confirm(caller, *serial_number, *code);
  if (result == SecondFactor::kNoDevice)
    throw access_denied(
        "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial "
        "number is valid and associated with this user.");
  if (result == SecondFactor::kWrongCode)
    throw access_denied("MultiFactorAuthentication failed with invalid MFA one time pass code.");
  co_return true;
}

Credentials shown(const TemporaryCredentials& credentials) {
  return {.access_key_id = credentials.access_key_id,
          .secret_access_key = credentials.secret_access_key,
          .session_token = credentials.session_token,
          .expiration = credentials.expires};
}

AssumedRoleUser shown_user(const TemporaryCredentials& credentials) {
  return {.assumed_role_id = credentials.caller.user_id, .arn = credentials.caller.arn};
}

Task<GetCallerIdentityResponse> StsService::GetCallerIdentity(wire::Context& context,
                                                              GetCallerIdentityRequest) {
  const wire::Caller& caller = context.caller;
  if (caller.kind == wire::Caller::Kind::kAnonymous) throw missing_token();
  GetCallerIdentityResponse output;
  output.user_id = caller.user_id;
  output.account = caller.account;
  output.arn = caller.arn;
  co_return output;
}

Task<GetAccessKeyInfoResponse> StsService::GetAccessKeyInfo(wire::Context&, GetAccessKeyInfoRequest input) {
  GetAccessKeyInfoResponse output;
  std::string account = co_await with_.identities.account_of_key(input.access_key_id);
  if (account.empty()) account = account_in_key(input.access_key_id);
  if (account.empty()) throw validation_error("Invalid Access key: " + input.access_key_id);
  output.account = std::move(account);
  co_return output;
}

Task<DecodeAuthorizationMessageResponse> StsService::DecodeAuthorizationMessage(
    wire::Context& context, DecodeAuthorizationMessageRequest input) {
  auto details = messages_.decode(input.encoded_message, context.caller.account);
  if (!details) throw invalid_authorization_message();
  DecodeAuthorizationMessageResponse output;
  output.decoded_message = std::move(*details);
  co_return output;
}

}  // namespace martlet::sts
