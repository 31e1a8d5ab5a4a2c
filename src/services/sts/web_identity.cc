// AssumeRoleWithWebIdentity.

#include <algorithm>
#include <utility>

#include "api/sts/model.h"
#include "base/arn.h"
#include "services/sts/errors.h"
#include "services/sts/limits.h"
#include "services/sts/service.h"
#include "wire/validation.h"

namespace martlet::sts {

namespace {

constexpr const char* kAction = "sts:AssumeRoleWithWebIdentity";
constexpr std::int64_t kMaxSkewSeconds = 300;

aws::Error denied() { return access_denied(std::string("Not authorized to perform ") + kAction); }

/// The issuer as providers are known by it; empty when it is no acceptable URL.
std::string provider_url(std::string_view issuer) {
  constexpr std::string_view kHttps = "https://";
  constexpr std::string_view kHttp = "http://";
  std::string_view rest;
  if (issuer.starts_with(kHttps))
    rest = issuer.substr(kHttps.size());
  else if (issuer.starts_with(kHttp) && is_on_loopback(issuer.substr(kHttp.size())))
    rest = issuer.substr(kHttp.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  return std::string(rest);
}

/// What AWS takes for the audience.
const std::string& audience_of(const IdentityToken& token) {
  return token.authorized_party.empty() ? token.audiences.front() : token.authorized_party;
}

void check_audience(const IdentityToken& token, const Provider& provider) {
  const auto is_client = [&](const std::string& audience) {
    return std::find(provider.client_ids.begin(), provider.client_ids.end(), audience) !=
           provider.client_ids.end();
  };
  const bool ours = token.authorized_party.empty()
                        ? std::any_of(token.audiences.begin(), token.audiences.end(), is_client)
                        : is_client(token.authorized_party);
  if (!ours) throw invalid_identity_token("Incorrect token audience");
}

void check_time(const IdentityToken& token, TimePoint now) {
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (token.expires <= seconds)
    throw expired_identity_token("Token expired: current date/time " + std::to_string(seconds) +
                                 " must be before the expiration date/time " + std::to_string(token.expires));
  if (token.not_before.value_or(0) > seconds + kMaxSkewSeconds)
    throw invalid_identity_token("The token is not valid yet");
}

/// What a token brings for the session has the limits that it has as a parameter of AssumeRole.
void check_limits(const AssumeRoleRequest& brought) {
  const wire::Shape& shape = *model().find_operation("AssumeRole")->input;
  const auto violations = wire::find_violations(shape, &brought, {});
  if (!violations.empty()) throw invalid_identity_token(violations.front());
}

Passed passed_to(const AssumeRoleWithWebIdentityRequest& input, const IdentityToken& token) {
  Passed passed;
  add_policies(passed, input.policy, input.policy_arns);
  AssumeRoleRequest brought;
  brought.role_arn = input.role_arn;
  brought.role_session_name = input.role_session_name;
  brought.tags.emplace();
  for (const auto& [key, value] : token.tags) brought.tags->push_back({key, value});
  brought.transitive_tag_keys = token.transitive_tag_keys;
  if (!token.source_identity.empty()) brought.source_identity = token.source_identity;
  check_limits(brought);
  add_tags(passed, *brought.tags, token.transitive_tag_keys);
  check_size(passed);
  return passed;
}

policy::ContextList keys_of(const IdentityToken& token, const Provider& provider) {
  policy::ContextList keys;
  keys.set(provider.url + ":sub", token.subject);
  keys.set(provider.url + ":aud", audience_of(token));
  if (!token.authorized_party.empty()) {
    keys.set(provider.url + ":azp", token.authorized_party);
    keys.set(provider.url + ":oaud", token.audiences);
  }
  if (!token.methods.empty()) keys.set(provider.url + ":amr", token.methods);
  keys.set("aws:FederatedProvider", provider.arn);
  return keys;
}

}  // namespace

Task<Provider> StsService::verified(IdentityToken token, std::string partition, std::string account) {
  const std::string url = provider_url(token.issuer);
  auto provider =
      co_await with_.identities.provider("arn:" + partition + ":iam::" + account + ":oidc-provider/" + url);
  if (url.empty() || !provider)
    throw invalid_identity_token("No OpenIDConnect provider found in your account for " + token.issuer);
  check_audience(token, *provider);
  check_time(token, with_.clock.now());
  if (!co_await provider_keys_.verify(provider->url, std::move(token)))
    throw invalid_identity_token("The signature of the token is none of its identity provider's");
  co_return std::move(*provider);
}

Task<> StsService::require_web_trust(const wire::Context& context, const Role& role, const Provider& provider,
                                     const IdentityToken& token, std::string session_name,
                                     const Passed& passed) {
  if (with_.trust == nullptr) co_return;
  policy::ContextList keys = keys_of(token, provider);
  keys.set("sts:RoleSessionName", std::move(session_name));
  if (!token.source_identity.empty()) keys.set("sts:SourceIdentity", token.source_identity);
  add_tag_keys(passed, keys);
  std::vector<std::string> actions{kAction};
  if (!passed.tags.empty()) actions.emplace_back("sts:TagSession");
  if (!token.source_identity.empty()) actions.emplace_back("sts:SetSourceIdentity");
  for (std::string& action : actions) {
    const auto why = co_await with_.trust->refusal(
        {.context = context, .action = std::move(action), .role = role, .keys = keys}, provider.arn);
    if (why) throw denied();
  }
}

Task<AssumeRoleWithWebIdentityResponse> StsService::AssumeRoleWithWebIdentity(
    wire::Context& context, AssumeRoleWithWebIdentityRequest input) {
  const auto arn = Arn::parse(input.role_arn);
  if (!arn || arn->service != "iam") throw validation_error(input.role_arn + " is invalid");
  const IdentityToken token = IdentityToken::parse(input.web_identity_token);
  const Passed passed = passed_to(input, token);
  const Provider provider = co_await verified(token, context.partition, arn->account);

  const std::optional<Role> role = co_await with_.identities.role(input.role_arn);
  if (!role) throw denied();
  co_await require_web_trust(context, *role, provider, token, input.role_session_name, passed);
  const std::int32_t seconds = input.duration_seconds.value_or(kDefaultRoleSeconds);
  if (seconds > role->max_session_seconds)
    throw validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  co_await require_policies(passed, role->account, with_.identities);

  const TemporaryCredentials credentials = role_session({.context = context,
                                                         .role = *role,
                                                         .session_name = input.role_session_name,
                                                         .source_identity = token.source_identity,
                                                         .seconds = seconds},
                                                        passed);
  AssumeRoleWithWebIdentityResponse output;
  output.credentials = shown(credentials);
  output.assumed_role_user = shown_user(credentials);
  output.subject_from_web_identity_token = token.subject;
  output.provider = token.issuer;
  output.audience = audience_of(token);
  output.packed_policy_size = passed.packed_size();
  if (!token.source_identity.empty()) output.source_identity = token.source_identity;
  co_return output;
}

}  // namespace martlet::sts
