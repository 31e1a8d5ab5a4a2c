// What policies speak of: GetContextKeysForPrincipalPolicy, GetContextKeysForCustomPolicy,
// ListPoliciesGrantingServiceAccess.

#include <fmt/core.h>

#include "api/iam/values.h"
#include "base/strings.h"
#include "services/iam/errors.h"
#include "services/iam/granted_services.h"
#include "services/iam/simulation.h"
#include "services/iam/simulations.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr std::string_view kNone = values::PolicySourceType::kNone;

void add_inputs(std::vector<SimulatedPolicy>& policies, const std::vector<std::string>& documents) {
  std::size_t number = 0;
  for (const std::string& document : documents)
    policies.emplace_back(fmt::format("PolicyInputList.{}", ++number), kNone, document);
}

PolicyGrantingServiceAccess to_granting(const IdentityPolicy& policy) {
  PolicyGrantingServiceAccess shown;
  shown.policy_name = policy.name;
  if (policy.kind == IdentityPolicy::Kind::kManaged) {
    shown.policy_type = values::PolicyType::kManaged;
    shown.policy_arn = policy.arn;
    return shown;
  }
  using Owner = values::PolicyOwnerEntityType;
  shown.policy_type = values::PolicyType::kInline;
  shown.entity_type = policy.noun == kUser    ? Owner::kUser
                      : policy.noun == kGroup ? Owner::kGroup
                                              : Owner::kRole;
  shown.entity_name = policy.owner;
  return shown;
}

}  // namespace

Task<GetContextKeysForPolicyResponse> Simulations::GetContextKeysForPrincipalPolicy(
    wire::Context& context, GetContextKeysForPrincipalPolicyRequest input) {
  const auto identity = co_await require_identity(context, input.policy_source_arn);
  std::vector<SimulatedPolicy> policies;
  for (const IdentityPolicy& policy : identity->policies)
    policies.emplace_back(policy.name, kNone, policy.document);
  if (input.policy_input_list) add_inputs(policies, *input.policy_input_list);
  GetContextKeysForPolicyResponse output;
  output.context_key_names = context_keys(policies);
  co_return output;
}

Task<GetContextKeysForPolicyResponse> Simulations::GetContextKeysForCustomPolicy(
    wire::Context&, GetContextKeysForCustomPolicyRequest input) {
  std::vector<SimulatedPolicy> policies;
  add_inputs(policies, input.policy_input_list);
  GetContextKeysForPolicyResponse output;
  output.context_key_names = context_keys(policies);
  co_return output;
}

Task<ListPoliciesGrantingServiceAccessResponse> Simulations::ListPoliciesGrantingServiceAccess(
    wire::Context& context, ListPoliciesGrantingServiceAccessRequest input) {
  page_start(input.marker);
  const auto identity = co_await require_identity(context, input.arn);
  std::vector<SimulatedPolicy> compiled;
  for (const IdentityPolicy& policy : identity->policies)
    compiled.emplace_back(policy.name, kNone, policy.document);
  ListPoliciesGrantingServiceAccessResponse output;
  for (const std::string& service : input.service_namespaces) {
    ListPoliciesGrantingServiceAccessEntry entry;
    entry.service_namespace = service;
    entry.policies.emplace();
    for (std::size_t i = 0; i < compiled.size(); ++i)
      if (grants(*compiled[i].compiled, to_lower(service)))
        entry.policies->push_back(to_granting(identity->policies[i]));
    output.policies_granting_service_access.push_back(std::move(entry));
  }
  output.is_truncated = false;
  co_return output;
}

}  // namespace martlet::iam
