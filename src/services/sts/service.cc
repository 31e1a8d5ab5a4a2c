// GetCallerIdentity, GetAccessKeyInfo, DecodeAuthorizationMessage.

#include "services/sts/service.h"

#include "services/sts/errors.h"

namespace martlet::sts {

StsService::StsService(Dependencies with)
    : with_(with), tokens_(with.secrets, with.ids, with.callers), provider_keys_(with.client, with.clock) {}

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
    wire::Context&, DecodeAuthorizationMessageRequest) {
  // No service here encodes its denials, as few do on AWS: what comes was encoded elsewhere.
  throw invalid_authorization_message();
  co_return DecodeAuthorizationMessageResponse{};
}

}  // namespace martlet::sts
