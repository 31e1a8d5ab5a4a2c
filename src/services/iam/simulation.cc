#include "services/iam/simulation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "api/iam/values.h"
#include "base/crypto.h"
#include "base/strings.h"
#include "services/iam/errors.h"

namespace martlet::iam {

namespace {

policy::PolicyPtr compile(const std::string& id, const std::string& document) {
  try {
    return policy::Policy::parse(document);
  } catch (const policy::InvalidPolicy& why) {
    throw invalid_input(id + ": " + why.what());
  }
}

Position to_position(const policy::Position& position) {
  return {.line = static_cast<std::int32_t>(position.line),
          .column = static_cast<std::int32_t>(position.column)};
}

std::string_view to_decision(policy::Outcome outcome) {
  using Type = values::PolicyEvaluationDecisionType;
  if (outcome == policy::Outcome::kAllowed) return Type::kAllowed;
  return outcome == policy::Outcome::kExplicitDeny ? Type::kExplicitDeny : Type::kImplicitDeny;
}

/// A key in the letters of the document that names it; policies are compiled with keys in lower case.
std::optional<std::string> spelled_in(const std::string& document, const std::string& key) {
  const auto at = to_lower(document).find(key);
  if (at == std::string::npos) return std::nullopt;
  return document.substr(at, key.size());
}

}  // namespace

SimulatedPolicy::SimulatedPolicy(std::string id_, std::string_view type_, std::string document_)
    : id(std::move(id_)), type(type_), document(std::move(document_)), compiled(compile(id, document)) {}

void Simulation::set_context(const std::vector<ContextEntry>& entries) {
  for (const ContextEntry& entry : entries) {
    if (!entry.context_key_name || !entry.context_key_values)
      throw invalid_input("A context entry needs ContextKeyName and ContextKeyValues.");
    std::vector<std::string> given = *entry.context_key_values;
    if (to_lower(entry.context_key_type.value_or("")).starts_with("binary")) {
      for (std::string& value : given) {
        auto bytes = base64_decode(value);
        if (!bytes) throw invalid_input("The value of " + *entry.context_key_name + " is no base64.");
        value = std::move(*bytes);
      }
    }
    context_.set(*entry.context_key_name, std::move(given));
  }
}

const SimulatedPolicy* Simulation::find(const policy::Policy* compiled) const {
  for (const SimulatedPolicy& each : identity_)
    if (each.compiled.get() == compiled) return &each;
  if (boundary_ && boundary_->compiled.get() == compiled) return &*boundary_;
  return resource_ && resource_->compiled.get() == compiled ? &*resource_ : nullptr;
}

std::vector<Statement> Simulation::matched(const policy::Trace& trace, policy::Effect effect) const {
  std::vector<Statement> statements;
  for (const policy::MatchedStatement& match : trace.matched) {
    const SimulatedPolicy* source = match.effect == effect ? find(match.policy) : nullptr;
    if (source == nullptr) continue;
    const policy::StatementPosition at = policy::statement_positions(source->document).at(match.statement);
    statements.push_back({.source_policy_id = source->id,
                          .source_policy_type = source->type,
                          .start_position = to_position(at.start),
                          .end_position = to_position(at.end)});
  }
  return statements;
}

std::string Simulation::spelled(const std::string& key) const {
  for (const SimulatedPolicy& each : identity_)
    if (auto found = spelled_in(each.document, key)) return *found;
  for (const auto* each : {&boundary_, &resource_})
    if (*each)
      if (auto found = spelled_in((*each)->document, key)) return *found;
  return key;
}

EvaluationResult Simulation::evaluate(const std::string& action, const std::string& resource) const {
  policy::PolicySet policies;
  std::vector<policy::PolicyPtr> compiled;
  compiled.reserve(identity_.size());
  for (const SimulatedPolicy& each : identity_) compiled.push_back(each.compiled);
  policies.identity = policy::PolicyGroup(std::move(compiled));
  if (boundary_) policies.boundary = boundary_->compiled;
  if (resource_) policies.resource = resource_->compiled;
  const policy::Request request{.principal = &principal_,
                                .action = action,
                                .resource = resource,
                                .resource_account = owner_,
                                .now = now_,
                                .context = &context_};
  policy::Trace trace;
  const policy::Decision decision = policy::evaluate(request, policies, &trace);

  EvaluationResult result;
  result.eval_action_name = action;
  result.eval_resource_name = resource;
  result.eval_decision = to_decision(decision.outcome);
  result.matched_statements.emplace();
  if (decision.outcome == policy::Outcome::kAllowed)
    result.matched_statements = matched(trace, policy::Effect::kAllow);
  if (decision.outcome == policy::Outcome::kExplicitDeny)
    result.matched_statements = matched(trace, policy::Effect::kDeny);
  result.missing_context_values.emplace();
  for (const std::string& key : trace.missing_keys) result.missing_context_values->push_back(spelled(key));
  if (boundary_) {
    policy::PolicySet alone;
    alone.identity = policy::PolicyGroup({boundary_->compiled});
    result.permissions_boundary_decision_detail = PermissionsBoundaryDecisionDetail{
        .allowed_by_permissions_boundary = policy::evaluate(request, alone).allowed()};
  }
  return result;
}

std::vector<std::string> context_keys(const std::vector<SimulatedPolicy>& policies) {
  std::set<std::string> seen;
  std::vector<std::string> keys;
  for (const SimulatedPolicy& each : policies)
    for (const std::string& key : each.compiled->context_keys())
      if (seen.insert(key).second) keys.push_back(spelled_in(each.document, key).value_or(key));
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace martlet::iam
