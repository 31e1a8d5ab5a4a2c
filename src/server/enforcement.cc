#include "server/enforcement.h"

#include <memory>
#include <utility>

#include "api/iam/model.h"
#include "api/lambda/model.h"
#include "api/logs/model.h"
#include "api/sns/model.h"
#include "api/sqs/model.h"
#include "api/sts/model.h"
#include "base/arn.h"
#include "base/error.h"
#include "policy/evaluate.h"
#include "server/use_recorder.h"
#include "services/lambda/authorization.h"
#include "services/logs/authorization.h"
#include "services/sns/authorization.h"
#include "services/sqs/authorization.h"
#include "services/sts/authorization.h"

namespace martlet::server {

namespace {

using policy::PrincipalKind;

PrincipalKind kind_of(wire::Caller::Kind kind) {
  switch (kind) {
    case wire::Caller::Kind::kRoot:
      return PrincipalKind::kRoot;
    case wire::Caller::Kind::kUser:
      return PrincipalKind::kUser;
    case wire::Caller::Kind::kAssumedRole:
      return PrincipalKind::kRoleSession;
    case wire::Caller::Kind::kFederatedUser:
      return PrincipalKind::kFederatedUser;
    case wire::Caller::Kind::kService:
      return PrincipalKind::kService;
    case wire::Caller::Kind::kAnonymous:
      break;
  }
  return PrincipalKind::kAnonymous;
}

/// All streams of a log group, as policies name them; `stream` is the ARN of one.
std::string streams_of_group(std::string_view stream) {
  return std::string(stream.substr(0, stream.find(":log-stream:"))) + ":*";
}

authorization::Caller caller_of(const wire::Caller& caller, TimePoint now) {
  authorization::Caller out;
  out.principal = {.kind = kind_of(caller.kind),
                   .arn = caller.arn,
                   .account = caller.account,
                   .user_id = caller.user_id,
                   .entity_arn = caller.arn};
  if (caller.kind == wire::Caller::Kind::kUser)
    out.principal.user_name = caller.arn.substr(caller.arn.rfind('/') + 1);
  if (!caller.session) return out;
  out.principal.entity_arn = caller.session->entity_arn;
  out.session_policies = caller.session->policies;
  out.session_tags = caller.session->tags;
  out.source_identity = caller.session->source_identity;
  out.token_issued = caller.session->issued;
  if (caller.session->confirmed)
    out.confirmed_ago = std::chrono::floor<std::chrono::seconds>(now - *caller.session->confirmed);
  return out;
}

}  // namespace

std::vector<RuledService> rules_of_services(iam::Names& iam_names, lambda::Names& lambda_names) {
  std::vector<RuledService> services;
  services.push_back({&iam::model(), iam::authorization_rules(iam_names)});
  services.push_back({&lambda::model(), lambda::authorization_rules()});
  services.back().rules.naming = &lambda_names;
  services.push_back({&logs::model(), logs::authorization_rules()});
  services.push_back({&sns::model(), sns::authorization_rules()});
  services.push_back({&sqs::model(), sqs::authorization_rules()});
  services.push_back({&sts::model(), sts::authorization_rules()});
  return services;
}

Enforcement::Enforcement(Parts parts)
    : parts_(parts),
      iam_names_(parts.directory),
      lambda_names_(parts.store),
      identities_(parts.directory),
      iam_tags_(parts.directory),
      messages_(parts.secrets),
      authorizer_(parts.clock, parts.mode, identities_, &messages_) {
  for (RuledService& service : rules_of_services(iam_names_, lambda_names_))
    authorizer_.add_service(*service.model, std::move(service.rules));
  authorizer_.add_resource_tags("iam", iam_tags_);
}

void Enforcement::add(lambda::LambdaService& lambda, logs::LogsService& logs, sns::SnsService& sns,
                      sqs::SqsService& sqs) {
  authorizer_.add_resource_policies("lambda", lambda.policies());
  authorizer_.add_resource_policies("sns", sns.policies());
  authorizer_.add_resource_policies("sqs", sqs.policies());
  authorizer_.add_resource_tags("lambda", lambda.resource_tags());
  authorizer_.add_resource_tags("logs", logs.resource_tags());
  authorizer_.add_resource_tags("sns", sns.resource_tags());
  authorizer_.add_resource_tags("sqs", sqs.resource_tags());
}

bool Enforcement::concerns(const gateway::Credentials* credentials) const {
  return !only_watches() || (credentials != nullptr && !credentials->environment.empty());
}

Task<> Enforcement::authorize(const gateway::Credentials* credentials, const wire::Context& context,
                              const wire::ServiceModel& service, const wire::Operation& operation,
                              const void* input) {
  authorization::Caller caller = caller_of(context.caller, parts_.clock.now());
  caller.is_function = credentials != nullptr && !credentials->environment.empty();
  if (credentials != nullptr) caller.entity_id = credentials->entity_id;
  if (caller.is_function) caller.function_arn = credentials->function_arn;
  check_session(context.caller, service, operation);
  co_await authorizer_.authorize(caller, context, service, operation, input);
}

void Enforcement::check_session(const wire::Caller& caller, const wire::ServiceModel& service,
                                const wire::Operation& operation) const {
  if (!caller.session || parts_.mode != authorization::Mode::kEnforce) return;
  const bool federated = caller.kind == wire::Caller::Kind::kFederatedUser;
  if (!federated && caller.kind != wire::Caller::Kind::kUser && caller.kind != wire::Caller::Kind::kRoot)
    return;
  const bool sts = service.signing_name == "sts";
  const bool allowed = sts ? operation.name == "GetCallerIdentity" ||
                                 (operation.name == "AssumeRole" && !federated) ||
                                 operation.name == "GetSessionToken" || operation.name == "GetFederationToken"
                           : service.signing_name != "iam" || (caller.session->confirmed && !federated);
  // (STS refuses the last two itself.)
  if (!allowed)
    throw aws::Error("InvalidClientTokenId", "The security token included in the request is invalid", 403);
}

Task<std::optional<authorization::Denial>> Enforcement::refusal(sts::RoleAsk ask) {
  authorization::Caller caller = caller_of(ask.context.caller, parts_.clock.now());
  caller.is_function = parts_.credentials.is_of_function(ask.context.caller.access_key_id);
  // On AWS, too, the root user may do everything but this.
  if (caller.principal.kind == PrincipalKind::kRoot && parts_.mode == authorization::Mode::kEnforce)
    co_return authorization::Denial{.message = "Roles may not be assumed by root accounts."};
  co_return co_await authorizer_.refusal(caller, {.action = ask.action,
                                                  .resource = ask.role.arn,
                                                  .context = &ask.context,
                                                  .keys = &ask.keys,
                                                  .trust_policy = &ask.role.trust_policy});
}

Task<std::optional<authorization::Denial>> Enforcement::refusal(sts::RoleAsk ask, std::string provider_arn) {
  authorization::Caller caller;
  caller.principal = {.kind = PrincipalKind::kWebIdentity, .provider = std::move(provider_arn)};
  co_return co_await authorizer_.refusal(caller, {.action = ask.action,
                                                  .resource = ask.role.arn,
                                                  .context = &ask.context,
                                                  .keys = &ask.keys,
                                                  .trust_policy = &ask.role.trust_policy});
}

Task<authorization::Caller> Enforcement::session_of(std::string role_arn, std::string name) {
  std::shared_ptr<const iam::Identity> role;
  if (!only_watches()) role = co_await parts_.directory.identity(role_arn);
  const auto arn = Arn::parse(role_arn).value_or(Arn{});
  const std::string role_name = arn.resource.substr(arn.resource.rfind('/') + 1);
  authorization::Caller caller;
  caller.is_function = true;
  caller.principal = {
      .kind = PrincipalKind::kRoleSession,
      .arn = "arn:" + arn.partition + ":sts::" + arn.account + ":assumed-role/" + role_name + "/" + name,
      .account = arn.account,
      .user_id = role ? role->id + ":" + name : "",
      .entity_arn = std::move(role_arn)};
  co_return caller;
}

Task<> Enforcement::admit(const targets::Delivery& delivery) {
  if (only_watches() && delivery.role_arn.empty()) co_return;
  const std::string_view action = targets::action_of_delivery(delivery.to.service);
  const Arn source = Arn::parse(delivery.source_arn).value_or(Arn{});
  authorization::Caller caller;
  if (!delivery.role_arn.empty()) {
    caller = co_await session_of(delivery.role_arn, source.resource.substr(source.resource.rfind(':') + 1));
    parts_.uses.acted(caller.principal.user_id, action, delivery.to.region);
  } else {
    caller.principal = {.kind = PrincipalKind::kService, .service = delivery.service};
    caller.source_arn = delivery.source_arn;
    caller.source_account = source.account;
  }
  const std::string to = delivery.to.str();
  auto denial = co_await authorizer_.refusal(caller, {.action = action, .resource = to});
  if (denial) throw authorization::error_of(std::move(*denial), "AccessDenied", 403);
}

Task<std::string> Enforcement::role_refusal(std::string role_arn, std::string function, std::string action,
                                            std::string resource) {
  const authorization::Caller caller = co_await session_of(std::move(role_arn), std::move(function));
  parts_.uses.acted(caller.principal.user_id, action, Arn::parse(resource).value_or(Arn{}).region);
  const auto denial = co_await authorizer_.refusal(caller, {.action = action, .resource = resource});
  co_return denial ? denial->message : std::string();
}

Task<std::string> Enforcement::caller_refusal(const wire::Context& context, std::string action,
                                              std::string resource) {
  const authorization::Caller caller = caller_of(context.caller, parts_.clock.now());
  const auto denial =
      co_await authorizer_.refusal(caller, {.action = action, .resource = resource, .context = &context});
  co_return denial ? denial->message : std::string();
}

Task<bool> Enforcement::may_log(std::string role_arn, std::string function, std::string action,
                                std::string resource) {
  const authorization::Caller caller = co_await session_of(std::move(role_arn), std::move(function));
  // Every environment has a stream of its own.
  const std::string streams = streams_of_group(resource);
  const auto denial = co_await authorizer_.refusal(
      caller, {.action = action, .resource = resource, .remembered_as = streams});
  co_return !denial;
}

Task<bool> Enforcement::may_call_url(UrlCaller who, std::string function_arn, std::string auth_type) {
  authorization::Caller caller = caller_of(who.context.caller, parts_.clock.now());
  caller.is_function = who.is_function;
  caller.entity_id = std::move(who.entity_id);
  parts_.uses.acted(caller.principal.user_id, "lambda:InvokeFunctionUrl", who.context.region);
  policy::ContextList keys;
  keys.set("lambda:FunctionUrlAuthType", std::move(auth_type));
  auto denial = co_await authorizer_.refusal(caller, {.action = "lambda:InvokeFunctionUrl",
                                                      .resource = function_arn,
                                                      .context = &who.context,
                                                      .keys = &keys});
  if (denial) co_return false;
  policy::ContextList by_url;
  by_url.set("lambda:InvokedViaFunctionUrl", "true");
  denial = co_await authorizer_.refusal(caller, {.action = "lambda:InvokeFunction",
                                                 .resource = function_arn,
                                                 .context = &who.context,
                                                 .keys = &by_url});
  co_return !denial;
}

Task<bool> Enforcement::trusts(std::string role_arn, std::string service) {
  const auto role = co_await parts_.directory.identity(role_arn);
  if (!role || role->trust_policy.empty()) co_return false;
  const policy::Principal principal{.kind = PrincipalKind::kService, .service = std::move(service)};
  policy::PolicySet policies{.resource_rule = policy::ResourceRule::kRoleTrust};
  try {
    policies.resource = policy::Policy::parse(role->trust_policy);
  } catch (const policy::InvalidPolicy&) {
    co_return false;
  }
  const policy::Request request{
      .principal = &principal, .action = "sts:AssumeRole", .resource = role_arn, .now = parts_.clock.now()};
  co_return policy::evaluate(request, policies).allowed();
}

}  // namespace martlet::server
