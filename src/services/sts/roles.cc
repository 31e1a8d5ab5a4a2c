// AssumeRole, and what it shares with AssumeRoleWithWebIdentity.

#include <utility>

#include "services/sts/errors.h"
#include "services/sts/limits.h"
#include "services/sts/service.h"

namespace martlet::sts {

namespace {

constexpr const char* kAssumeRole = "sts:AssumeRole";

void require_caller(const wire::Caller& caller) {
  if (caller.kind == wire::Caller::Kind::kAnonymous) throw missing_token();
  if (caller.kind == wire::Caller::Kind::kFederatedUser)
    throw access_denied("Cannot call AssumeRole with federated user credentials");
}

Passed passed_to(const AssumeRoleRequest& input, const wire::Caller& caller) {
  Passed passed;
  add_policies(passed, input.policy, input.policy_arns);
  add_tags(passed, input.tags.value_or(std::vector<Tag>{}),
           input.transitive_tag_keys.value_or(std::vector<std::string>{}));
  if (caller.session) inherit_tags(passed, *caller.session);
  check_size(passed);
  return passed;
}

/// What the session goes on as: a source identity stays for all sessions that follow from one.
std::string source_identity_of(const AssumeRoleRequest& input, const wire::Caller& caller) {
  std::string kept = caller.session ? caller.session->source_identity : std::string();
  if (kept.empty() || !input.source_identity || *input.source_identity == kept)
    return kept.empty() ? input.source_identity.value_or("") : kept;
  throw access_denied("The source identity of a session cannot be changed: it is " + kept);
}

void check_duration(const Role& role, const wire::Caller& caller, std::int32_t seconds) {
  if (caller.kind == wire::Caller::Kind::kAssumedRole && seconds > kMaxChainedSeconds)
    throw validation_error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
  if (seconds > role.max_session_seconds)
    throw validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
}

std::string denial(const wire::Caller& caller, const std::string& role_arn) {
  return "User: " + caller.arn + " is not authorized to perform: " + kAssumeRole +
         " on resource: " + role_arn;
}

}  // namespace

TemporaryCredentials StsService::role_session(const Wanted& wanted, const Passed& passed) const {
  auto session = std::make_shared<wire::Session>();
  const TimePoint now = with_.clock.now();
  session->entity_arn = wanted.role.arn;
  session->issued = now;
  session->policies = passed.policies;
  session->tags = passed.tags;
  session->transitive_tag_keys = passed.transitive_tag_keys;
  session->source_identity = wanted.source_identity;
  wire::Caller caller;
  caller.kind = wire::Caller::Kind::kAssumedRole;
  caller.account = wanted.role.account;
  caller.arn = "arn:" + wanted.context.partition + ":sts::" + wanted.role.account + ":assumed-role/" +
               wanted.role.name + "/" + wanted.session_name;
  caller.user_id = wanted.role.id + ":" + wanted.session_name;
  caller.session = std::move(session);
  return tokens_.issue(std::move(caller), passed.policy_arns, now + std::chrono::seconds(wanted.seconds));
}

Task<> StsService::require_trust(const wire::Context& context, const Role& role,
                                 const AssumeRoleRequest& input, const Passed& passed,
                                 std::string source_identity, bool confirmed) {
  if (with_.trust == nullptr) co_return;
  policy::ContextList keys;
  keys.set("sts:RoleSessionName", input.role_session_name);
  if (input.external_id) keys.set("sts:ExternalId", *input.external_id);
  if (!source_identity.empty()) keys.set("sts:SourceIdentity", source_identity);
  add_tag_keys(passed, keys);
  // What comes with the call says as much as what the caller's session was made with.
  if (confirmed) {
    keys.set("aws:MultiFactorAuthPresent", "true");
    keys.set("aws:MultiFactorAuthAge", "0");
  }
  std::vector<std::string> actions{kAssumeRole};
  if (!passed.tags.empty()) actions.emplace_back("sts:TagSession");
  if (!source_identity.empty()) actions.emplace_back("sts:SetSourceIdentity");
  for (std::string& action : actions) {
    auto why = co_await with_.trust->refusal(
        {.context = context, .action = std::move(action), .role = role, .keys = keys});
    if (why) throw access_denied(std::move(*why));
  }
}

Task<AssumeRoleResponse> StsService::AssumeRole(wire::Context& context, AssumeRoleRequest input) {
  const wire::Caller& caller = context.caller;
  require_caller(caller);
  if (input.provided_contexts) throw aws::not_implemented("sts", "AssumeRole with ProvidedContexts");
  const Passed passed = passed_to(input, caller);
  const std::string source_identity = source_identity_of(input, caller);

  const std::optional<Role> role = co_await with_.identities.role(input.role_arn);
  if (!role) throw access_denied(denial(caller, input.role_arn));
  const bool confirmed = co_await this->confirmed(caller, input.serial_number, input.token_code);
  co_await require_trust(context, *role, input, passed, source_identity, confirmed);
  const std::int32_t seconds = input.duration_seconds.value_or(kDefaultRoleSeconds);
  check_duration(*role, caller, seconds);
  co_await require_policies(passed, role->account, with_.identities);

  const TemporaryCredentials credentials = role_session({.context = context,
                                                         .role = *role,
                                                         .session_name = input.role_session_name,
                                                         .source_identity = source_identity,
                                                         .seconds = seconds},
                                                        passed);
  AssumeRoleResponse output;
  output.credentials = shown(credentials);
  output.assumed_role_user = shown_user(credentials);
  output.packed_policy_size = passed.packed_size();
  if (!source_identity.empty()) output.source_identity = source_identity;
  co_return output;
}

}  // namespace martlet::sts
