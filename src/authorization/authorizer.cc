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
bool is_still(const CompiledIdentity& identity, const Caller& caller) {
  if (caller.principal.kind == PrincipalKind::kFederatedUser)
    return caller.entity_id.empty() || caller.entity_id == identity.id;
  const std::string_view id = caller.principal.user_id;
  return !identity.id.empty() && id.substr(0, id.find(':')) == identity.id;
}

std::string_view name_of(const policy::Principal& principal) {
  if (principal.kind == PrincipalKind::kAnonymous) return "anonymous";
  return principal.arn.empty() ? std::string_view(principal.service) : std::string_view(principal.arn);
}

/// What AWS keeps for all accounts (arn:aws:iam::aws:policy/…) counts as the caller's own.
std::string_view owner_of(std::string_view resource, const policy::Principal& principal) {
  const bool is_everybodys = part_of_arn(resource, 4) == "aws" && part_of_arn(resource, 2) == "iam";
  return is_everybodys ? std::string_view(principal.account) : std::string_view();
}

/// How audit and usage name what is asked for.
std::string_view remembered_resource(const Ask& ask) {
  return (ask.remembered_as.empty() ? ask.resource : ask.remembered_as).substr(0, kMaxRecordedResource);
}

}  // namespace

void Authorizer::add_service(const wire::ServiceModel& model, ServiceRules rules) {
  services_.emplace(&model, Rules(model, std::move(rules)));
}

void Authorizer::add_resource_policies(std::string arn_service, ResourcePolicies& policies) {
  resources_.try_emplace(std::move(arn_service), policies, compiler_);
}

void Authorizer::add_resource_tags(std::string arn_service, ResourceTags& tags) {
  tags_.try_emplace(std::move(arn_service), tags);
}

Task<policy::PolicyPtr> Authorizer::resource_policy(std::string_view resource) {
  const auto found = resources_.find(part_of_arn(resource, 2));
  if (found == resources_.end()) co_return nullptr;
  co_return co_await found->second.find(std::string(resource));
}

Task<TagKeysPtr> Authorizer::resource_tags(std::string_view resource, const policy::PolicySet& policies) {
  if (!policies.names_resource_tags()) co_return nullptr;
  const auto found = tags_.find(part_of_arn(resource, 2));
  if (found == tags_.end()) co_return nullptr;
  co_return co_await found->second.find(std::string(resource));
}

Task<std::optional<Denial>> Authorizer::decide(const Caller& caller, Ask ask) {
  static const CompiledIdentityPtr kNobody = std::make_shared<CompiledIdentity>();
  const std::string& entity = entity_of(caller.principal);
  CompiledIdentityPtr identity = kNobody;
  if (!entity.empty()) identity = co_await identities_.find(entity);
  // Who is not there any more may do nothing, whatever resources still say about its name.
  const bool is_gone = !entity.empty() && !is_still(*identity, caller);
  if (is_gone) identity = kNobody;
  policy::PolicySet policies{.identity = identity->policies, .boundary = identity->boundary};
  policies.session = compiler_.compile_all(caller.session_policies);
  if (ask.trust_policy != nullptr) {
    if (!is_gone) policies.resource = compiler_.compile(*ask.trust_policy);
    policies.resource_rule = policy::ResourceRule::kRoleTrust;
  } else if (!is_gone) {
    policies.resource = co_await resource_policy(ask.resource);
  }
  const TagKeysPtr tags = co_await resource_tags(ask.resource, policies);
  const RequestKeys keys(caller, identity->tags, ask.context, ask.keys, tags.get());
  const policy::Request request{.principal = &caller.principal,
                                .action = ask.action,
                                .resource = ask.resource,
                                .resource_account = owner_of(ask.resource, caller.principal),
                                .now = clock_.now(),
                                .context = &keys};
  const policy::Decision decision = policy::evaluate(request, policies);
  if (decision.allowed()) co_return std::nullopt;
  Denial denial{.message = policy::denial_message(request, decision, policies.resource_rule)};
  if (wants_details(caller, ask, denial.message))
    denial.encoded = encoded({.request = request, .policies = policies, .decision = decision}, *identity);
  co_return denial;
}

std::string Authorizer::encoded(const Refusal& refusal, const CompiledIdentity& identity) const {
  policy::Trace trace;
  policy::evaluate(refusal.request, refusal.policies, &trace);
  const auto policy_name = [&](const policy::MatchedStatement& matched) {
    if (matched.type == policy::PolicyType::kBoundary) return identity.boundary_name;
    const auto own = refusal.policies.identity.policies();
    for (std::size_t i = 0; matched.type == policy::PolicyType::kIdentity && i < own.size(); ++i)
      if (own[i].get() == matched.policy) return identity.policy_names[i];
    return std::string();
  };
  const Refused refused{.request = refusal.request,
                        .decision = refusal.decision,
                        .rule = refusal.policies.resource_rule,
                        .trace = trace,
                        .origin_of = [&](const policy::MatchedStatement& matched) {
                          return PolicyOrigin{.name = policy_name(matched),
                                              .document = compiler_.document_of(matched.policy)};
                        }};
  return messages_->encode(details_of(refused, AuthorizationMessages::kMaxDetails),
                           account_of(refusal.request));
}

bool Authorizer::wants_details(const Caller& caller, const Ask& ask, const std::string& message) const {
  // Who is known to an identity provider alone is not told whether the role exists.
  if (messages_ == nullptr || caller.principal.kind == PrincipalKind::kWebIdentity) return false;
  // What happens inside the server has no answer that could carry them.
  if (mode_ == Mode::kEnforce) return ask.context != nullptr;
  return !audit_.has(name_of(caller.principal), ask.action, remembered_resource(ask), message);
}

bool Authorizer::lets_through(const Caller& caller, std::string_view action, std::string_view resource,
                              const Denial& denial) {
  if (mode_ == Mode::kEnforce) return false;
  audit_.record({.principal = std::string(name_of(caller.principal)),
                 .action = std::string(action),
                 .resource = std::string(resource.substr(0, kMaxRecordedResource)),
                 .message = denial.message,
                 .encoded = denial.encoded},
                clock_.now());
  return true;
}

Task<std::optional<Denial>> Authorizer::refusal(const Caller& caller, Ask ask) {
  if (caller.is_function) usage_.record(caller.principal.arn, ask.action, remembered_resource(ask));
  if (mode_ == Mode::kObserve) co_return std::nullopt;
  std::optional<Denial> denial = co_await decide(caller, ask);
  if (denial && lets_through(caller, ask.action, remembered_resource(ask), *denial)) denial.reset();
  co_return denial;
}

Task<> Authorizer::observe(const Caller& caller, const wire::Context& context,
                           const wire::ServiceModel& service, const wire::Operation& operation,
                           const void* input) {
  const auto rules = services_.find(&service);
  if (!caller.is_function || rules == services_.end() || !rules->second.covers(operation)) co_return;
  try {
    const Call call{.context = context, .operation = operation, .input = input};
    for (const Need& need : co_await rules->second.needs(call))
      usage_.record(caller.principal.arn, need.action,
                    std::string_view(need.resource).substr(0, kMaxRecordedResource));
  } catch (const aws::Error&) {
    // It names nothing that there could be; the operation will say so.
  }
}

Task<> Authorizer::authorize(const Caller& caller, const wire::Context& context,
                             const wire::ServiceModel& service, const wire::Operation& operation,
                             const void* input) {
  if (mode_ == Mode::kObserve) co_return co_await observe(caller, context, service, operation, input);
  // What may be called without a signature is decided by what the request carries: a token, an assertion.
  if (operation.unsigned_allowed && caller.principal.kind == PrincipalKind::kAnonymous) co_return;
  const auto rules = services_.find(&service);
  if (rules == services_.end() || !rules->second.covers(operation)) {
    if (caller.principal.kind == PrincipalKind::kRoot) co_return;
    const std::string action = std::string(service.name) + ":" + std::string(operation.name);
    Denial denial{.message = "User: " + std::string(name_of(caller.principal)) +
                             " is not authorized to perform: " + action +
                             " because Martlet has no rule for it: only the root user may."};
    if (lets_through(caller, action, "*", denial)) co_return;
    throw aws::Error("AccessDeniedException", std::move(denial.message), 403);
  }
  const Rules& rule = rules->second;
  const Call call{.context = context, .operation = operation, .input = input};
  const std::vector<Need> needs = co_await rule.needs(call);
  for (const Need& need : needs) {
    std::optional<Denial> denial = co_await refusal(
        caller, {.action = need.action, .resource = need.resource, .context = &context, .keys = &need.keys});
    if (denial)
      throw error_of(std::move(*denial), std::string(rule.table().denied_code), rule.table().denied_status);
  }
}

}  // namespace martlet::authorization
