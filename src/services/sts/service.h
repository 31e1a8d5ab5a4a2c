#pragma once

// The Security Token Service: who calls, and temporary credentials. It stores nothing: what it gives out is
// known again by itself (session_tokens.h). Owned by the server. Lives on the loop.

#include "api/sts/api.h"
#include "authorization/authorization_message.h"
#include "services/sts/dependencies.h"
#include "services/sts/passed.h"
#include "services/sts/provider_keys.h"
#include "services/sts/saml_assertion.h"
#include "services/sts/session_tokens.h"

namespace martlet::sts {

class StsService final : public Api {
 public:
  /// What it is given outlives it.
  explicit StsService(Dependencies with);

  Task<AssumeRoleResponse> AssumeRole(wire::Context& context, AssumeRoleRequest input) override;
  Task<AssumeRoleWithSAMLResponse> AssumeRoleWithSAML(wire::Context& context,
                                                      AssumeRoleWithSAMLRequest input) override;
  Task<AssumeRoleWithWebIdentityResponse> AssumeRoleWithWebIdentity(
      wire::Context& context, AssumeRoleWithWebIdentityRequest input) override;
  Task<DecodeAuthorizationMessageResponse> DecodeAuthorizationMessage(
      wire::Context& context, DecodeAuthorizationMessageRequest input) override;
  Task<GetAccessKeyInfoResponse> GetAccessKeyInfo(wire::Context& context,
                                                  GetAccessKeyInfoRequest input) override;
  Task<GetCallerIdentityResponse> GetCallerIdentity(wire::Context& context,
                                                    GetCallerIdentityRequest input) override;
  Task<GetFederationTokenResponse> GetFederationToken(wire::Context& context,
                                                      GetFederationTokenRequest input) override;
  Task<GetSessionTokenResponse> GetSessionToken(wire::Context& context,
                                                GetSessionTokenRequest input) override;

  [[nodiscard]] const SessionTokens& tokens() const { return tokens_; }

 private:
  /// A session of a role.
  struct Wanted {
    const wire::Context& context;
    const Role& role;
    std::string session_name;
    std::string source_identity;
    std::int32_t seconds = 0;
  };
  [[nodiscard]] TemporaryCredentials role_session(const Wanted& wanted, const Passed& passed) const;
  /// Whether the code confirms the caller; false when neither it nor a serial number was given. Throws
  /// AccessDenied when it is wrong.
  Task<bool> confirmed(const wire::Caller& caller, std::optional<std::string> serial_number,
                       std::optional<std::string> code);
  /// Throws AccessDenied when the caller may not do all that the call wants of the role.
  Task<> require_trust(const wire::Context& context, const Role& role, const AssumeRoleRequest& input,
                       const Passed& passed, std::string source_identity, bool confirmed);
  Task<> require_web_trust(const wire::Context& context, const Role& role, const Provider& provider,
                           const IdentityToken& token, std::string session_name, const Passed& passed);
  Task<> require_saml_trust(const wire::Context& context, const Role& role, std::string provider_arn,
                            const SamlAssertion& assertion, const Passed& passed);
  /// The provider that issued the token, which it verifies. Throws InvalidIdentityToken and others.
  Task<Provider> verified(IdentityToken token, std::string partition, std::string account);

  Dependencies with_;
  SessionTokens tokens_;
  authorization::AuthorizationMessages messages_;
  ProviderKeys provider_keys_;
};

/// As the operations answer them.
Credentials shown(const TemporaryCredentials& credentials);
AssumedRoleUser shown_user(const TemporaryCredentials& credentials);

}  // namespace martlet::sts
