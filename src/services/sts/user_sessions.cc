// GetSessionToken and GetFederationToken: temporary credentials of users.

#include <algorithm>
#include <utility>

#include "services/sts/errors.h"
#include "services/sts/limits.h"
#include "services/sts/service.h"

namespace martlet::sts {

namespace {

/// Limits a session to what resource policies grant to it by name: no service has such an action.
constexpr const char* kNothing =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"none:None","Resource":"*"}]})";

void require_long_term(const wire::Caller& caller, const std::string& operation) {
  if (caller.kind == wire::Caller::Kind::kAnonymous) throw missing_token();
  if (caller.session) throw access_denied("Cannot call " + operation + " with session credentials");
}

std::int32_t seconds_for(const wire::Caller& caller, std::optional<std::int32_t> wanted) {
  const std::int32_t seconds = wanted.value_or(kDefaultUserSeconds);
  return caller.kind == wire::Caller::Kind::kRoot ? std::min(seconds, kMaxRootSeconds) : seconds;
}

}  // namespace

Task<GetSessionTokenResponse> StsService::GetSessionToken(wire::Context& context,
                                                          GetSessionTokenRequest input) {
  require_long_term(context.caller, "GetSessionToken");
  const bool confirmed = co_await this->confirmed(context.caller, input.serial_number, input.token_code);
  const TimePoint now = with_.clock.now();
  wire::Caller caller = context.caller;
  auto session = std::make_shared<wire::Session>();
  session->entity_arn = context.caller.arn;
  session->issued = now;
  if (confirmed) session->confirmed = now;
  caller.session = std::move(session);
  const std::chrono::seconds lifetime(seconds_for(caller, input.duration_seconds));
  GetSessionTokenResponse output;
  output.credentials = shown(tokens_.issue(std::move(caller), {}, now + lifetime));
  co_return output;
}

Task<GetFederationTokenResponse> StsService::GetFederationToken(wire::Context& context,
                                                                GetFederationTokenRequest input) {
  require_long_term(context.caller, "GetFederationToken");
  Passed passed;
  add_policies(passed, input.policy, input.policy_arns);
  add_tags(passed, input.tags.value_or(std::vector<Tag>{}), {});
  check_size(passed);
  co_await require_policies(passed, context.caller.account, with_.identities);

  const TimePoint now = with_.clock.now();
  auto session = std::make_shared<wire::Session>();
  session->entity_arn = context.caller.arn;
  session->issued = now;
  session->policies = passed.policies;
  if (passed.policies.empty() && passed.policy_arns.empty()) session->policies.emplace_back(kNothing);
  session->tags = passed.tags;
  wire::Caller caller;
  caller.kind = wire::Caller::Kind::kFederatedUser;
  caller.account = context.caller.account;
  caller.arn = "arn:" + context.partition + ":sts::" + caller.account + ":federated-user/" + input.name;
  caller.user_id = caller.account + ":" + input.name;
  caller.session = std::move(session);
  GetFederationTokenResponse output;
  output.federated_user = FederatedUser{.federated_user_id = caller.user_id, .arn = caller.arn};
  output.packed_policy_size = passed.packed_size();
  const std::chrono::seconds lifetime(seconds_for(context.caller, input.duration_seconds));
  const bool of_user = context.caller.kind == wire::Caller::Kind::kUser;
  output.credentials = shown(tokens_.issue(std::move(caller), passed.policy_arns, now + lifetime,
                                           of_user ? context.caller.user_id : std::string()));
  co_return output;
}

}  // namespace martlet::sts
