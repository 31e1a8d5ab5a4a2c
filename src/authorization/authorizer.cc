#include "authorization/authorizer.h"

#include <utility>

#include "base/error.h"

namespace martlet::authorization {

namespace {

using policy::PrincipalKind;

/// Characters of a resource that the record keeps: callers choose their length.
constexpr std::size_t kMaxRecordedResource = 2048;

/// One of the parts of an ARN, counted from 0; empty when the text has fewer.
std::string_view part_of_arn(std::string_view arn, int index) {
  for (; index > 0; --index) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

/// The entity whose policies are the caller's; empty for who has none.
const std::string& entity_of(const policy::Principal& principal) {
  static const std::string kNone;
  const bool has_policies = principal.kind == PrincipalKind::kUser ||
                            principal.kind == PrincipalKind::kRoleSession ||
                            principal.kind == PrincipalKind::kFederatedUser;
  return has_policies ? principal.entity_arn : kNone;
}

/// Whether the identity is the one that the caller's credentials were made for, not a later one of its name.
bool is_still(const CompiledIdentity& identity, const policy::Principal& principal) {
  const std::string_view id = principal.user_id;
  return principal.kind == PrincipalKind::kFederatedUser || id.substr(0, id.find(':')) == identity.id;
}

std::string_view name_of(const policy::Principal& principal) {
  return principal.arn.empty() ? std::string_view(principal.service) : std::string_view(principal.arn);
}

/// What AWS keeps for all accounts (arn:aws:iam::aws:policy/…) counts as the caller's own.
std::string_view owner_of(std::string_view resource, const policy::Principal& principal) {
  const bool is_everybodys = part_of_arn(resource, 4) == "aws" && part_of_arn(resource, 2) == "iam";
  return is_everybodys ? std::string_view(principal.account) : std::string_view();
}

}  // namespace

void Authorizer::add_service(const wire::ServiceModel& model, ServiceRules rules) {
  services_.emplace(&model, Rules(model, std::move(rules)));
}

void Authorizer::add_resource_policies(std::string arn_service, ResourcePolicies& policies) {
  resources_.try_emplace(std::move(arn_service), policies, compiler_);
}

Task<policy::PolicyPtr> Authorizer::resource_policy(std::string_view resource) {
  const auto found = resources_.find(part_of_arn(resource, 2));
  if (found == resources_.end()) co_return nullptr;
  co_return co_await found->second.find(std::string(resource));
}

Task<std::optional<std::string>> Authorizer::decide(const Caller& caller, Ask ask) {
  static const CompiledIdentityPtr kNobody = std::make_shared<CompiledIdentity>();
  const std::string& entity = entity_of(caller.principal);
  CompiledIdentityPtr identity = kNobody;
  if (!entity.empty()) {
    CompiledIdentityPtr found = co_await identities_.find(entity);
    if (is_still(*found, caller.principal)) identity = std::move(found);
  }
  policy::PolicySet policies{.identity = identity->policies, .boundary = identity->boundary};
  policies.session = compiler_.compile_all(caller.session_policies);
  if (ask.trust_policy != nullptr) {
    policies.resource = compiler_.compile(*ask.trust_policy);
    policies.resource_rule = policy::ResourceRule::kRoleTrust;
  } else {
    policies.resource = co_await resource_policy(ask.resource);
  }
  const RequestKeys keys(caller, identity->tags, ask.context, ask.keys);
  const policy::Request request{.principal = &caller.principal,
                                .action = ask.action,
                                .resource = ask.resource,
                                .resource_account = owner_of(ask.resource, caller.principal),
                                .now = clock_.now(),
                                .context = &keys};
  const policy::Decision decision = policy::evaluate(request, policies);
  if (decision.allowed()) co_return std::nullopt;
  co_return policy::denial_message(request, decision, policies.resource_rule);
}

bool Authorizer::lets_through(const Caller& caller, std::string_view action, std::string_view resource,
                              const std::string& message) {
  if (mode_ == Mode::kEnforce) return false;
  audit_.record({.principal = std::string(name_of(caller.principal)),
                 .action = std::string(action),
                 .resource = std::string(resource.substr(0, kMaxRecordedResource)),
                 .message = message},
                clock_.now());
  return true;
}

Task<std::optional<std::string>> Authorizer::refusal(const Caller& caller, Ask ask) {
  if (caller.is_function)
    usage_.record(caller.principal.arn, ask.action, ask.resource.substr(0, kMaxRecordedResource));
  std::optional<std::string> message = co_await decide(caller, ask);
  if (message && lets_through(caller, ask.action, ask.resource, *message)) message.reset();
  co_return message;
}

Task<> Authorizer::authorize(const Caller& caller, const wire::Context& context,
                             const wire::ServiceModel& service, const wire::Operation& operation,
                             const void* input) {
  // What may be called without a signature is decided by what the request carries: a token, an assertion.
  if (operation.unsigned_allowed && caller.principal.kind == PrincipalKind::kAnonymous) co_return;
  const auto rules = services_.find(&service);
  if (rules == services_.end() || !rules->second.covers(operation)) {
    if (caller.principal.kind == PrincipalKind::kRoot) co_return;
    const std::string action = std::string(service.name) + ":" + std::string(operation.name);
    std::string message = "User: " + std::string(name_of(caller.principal)) +
                          " is not authorized to perform: " + action +
                          " because Martlet has no rule for it: only the root user may.";
    if (lets_through(caller, action, "*", message)) co_return;
    throw aws::Error("AccessDeniedException", std::move(message), 403);
  }
  const Rules& rule = rules->second;
  const Call call{.context = context, .operation = operation, .input = input};
  const std::vector<Need> needs = co_await rule.needs(call);
  for (const Need& need : needs) {
    std::optional<std::string> message = co_await refusal(
        caller, {.action = need.action, .resource = need.resource, .context = &context, .keys = &need.keys});
    if (message)
      throw aws::Error(std::string(rule.table().denied_code), std::move(*message),
                       rule.table().denied_status);
  }
}

}  // namespace martlet::authorization
