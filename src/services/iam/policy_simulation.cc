// SimulatePrincipalPolicy, SimulateCustomPolicy.

#include <fmt/core.h>

#include <charconv>

#include "api/iam/values.h"
#include "base/arn.h"
#include "services/iam/errors.h"
#include "services/iam/simulation.h"
#include "services/iam/simulations.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

using policy::PrincipalKind;

constexpr std::string_view kNone = values::PolicySourceType::kNone;

/// The user of this ARN, without what only IAM knows of it. Throws InvalidInput for everybody else.
policy::Principal user_of(const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with("user/"))
    throw invalid_input(fmt::format("CallerArn must be the ARN of a user: {}", arn));
  return {.kind = PrincipalKind::kUser,
          .arn = arn,
          .account = parsed->account,
          .user_name = parsed->resource.substr(parsed->resource.rfind('/') + 1)};
}

policy::Principal principal_of(const Identity& identity) {
  if (identity.noun == kUser)
    return {.kind = PrincipalKind::kUser,
            .arn = identity.arn,
            .account = identity.account,
            .user_id = identity.id,
            .user_name = identity.name};
  if (identity.noun == kRole)
    return {.kind = PrincipalKind::kRoleSession,
            .arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/simulation", identity.account, identity.name),
            .account = identity.account,
            .user_id = identity.id + ":simulation",
            .entity_arn = identity.arn};
  return {.kind = PrincipalKind::kUser, .account = identity.account};  // somebody of the group
}

std::string_view type_of(const IdentityPolicy& policy) {
  using Type = values::PolicySourceType;
  if (policy.kind == IdentityPolicy::Kind::kManaged)
    return find_aws_policy(policy.arn) != nullptr ? Type::kAwsManaged : Type::kUserManaged;
  if (policy.noun == kUser) return Type::kUser;
  return policy.noun == kGroup ? Type::kGroup : Type::kRole;
}

SimulatedPolicy to_simulated(const IdentityPolicy& policy) {
  return {policy.name, type_of(policy), policy.document};
}

bool is_excluded(const std::optional<std::vector<PolicyIdentifier>>& excluded, const IdentityPolicy& policy) {
  if (!excluded) return false;
  for (const PolicyIdentifier& each : *excluded) {
    if (policy.kind == IdentityPolicy::Kind::kManaged && each.policy_arn == policy.arn) return true;
    const auto& inlined = each.inline_policy_identifier;
    if (policy.kind == IdentityPolicy::Kind::kInline && inlined && inlined->policy_name == policy.name &&
        to_lower(inlined->attachment_name) == to_lower(policy.owner) &&
        to_lower(inlined->attachment_type) == policy.noun)
      return true;
  }
  return false;
}

std::vector<std::string> documents(const std::optional<std::vector<std::string>>& list) {
  return list.value_or(std::vector<std::string>{});
}

/// "iam:CreateUser"; simulation takes no wildcards.
void check_action(const std::string& action) {
  const auto colon = action.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == action.size() ||
      action.find_first_of("*?") != std::string::npos)
    throw invalid_input(fmt::format("Invalid action: {}", action));
}

/// What both operations take from their requests, but for the policies to be simulated.
template <class Input>
void prepare(Simulation& simulation, const Input& input) {
  for (const std::string& action : input.action_names) check_action(action);
  if (input.context_entries) simulation.set_context(*input.context_entries);
  if (input.resource_policy)
    simulation.set_resource_policy(
        {"ResourcePolicy", values::PolicySourceType::kResource, *input.resource_policy});
  if (input.resource_owner) {
    const auto owner = Arn::parse(*input.resource_owner);
    if (!owner || owner->account.empty())
      throw invalid_input(
          fmt::format("ResourceOwner must be the ARN of an account: {}", *input.resource_owner));
    simulation.set_resource_owner(owner->account);
  }
  const auto boundaries = documents(input.permissions_boundary_policy_input_list);
  if (boundaries.size() > 1) throw invalid_input("There is one permissions boundary at most.");
  if (!boundaries.empty())
    simulation.set_boundary({"PermissionsBoundaryPolicyInputList.1", kNone, boundaries.front()});
  std::size_t number = 0;
  for (std::string& document : documents(input.policy_input_list))
    simulation.add_identity({fmt::format("PolicyInputList.{}", ++number), kNone, std::move(document)});
}

/// Evaluates every action on every resource and cuts the page; a marker is the number of the last one shown.
template <class Input>
SimulatePolicyResponse run(const Simulation& simulation, const Input& input) {
  const std::string start = page_start(input.marker);
  std::size_t next = 0;
  std::from_chars(start.data(), start.data() + start.size(), next);
  const std::vector<std::string> resources = input.resource_arns && !input.resource_arns->empty()
                                                 ? *input.resource_arns
                                                 : std::vector<std::string>{"*"};
  const std::size_t total = input.action_names.size() * resources.size();
  const std::size_t room = static_cast<std::size_t>(input.max_items.value_or(kDefaultPageSize));
  SimulatePolicyResponse output;
  output.evaluation_results.emplace();
  for (; next < total && output.evaluation_results->size() < room; ++next)
    output.evaluation_results->push_back(
        simulation.evaluate(input.action_names[next / resources.size()], resources[next % resources.size()]));
  output.is_truncated = next < total;
  if (next < total) output.marker = base64_encode(std::to_string(next));
  return output;
}

}  // namespace

Task<std::shared_ptr<const Identity>> Simulations::require_identity(const wire::Context& context,
                                                                    std::string arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam") throw invalid_input(fmt::format("Invalid Entity Arn: {}", arn));
  std::shared_ptr<const Identity> identity;
  if (parsed->account == context.account) identity = co_await directory_.identity(arn);
  if (!identity) throw no_such_entity(fmt::format("The entity {} cannot be found.", arn));
  co_return identity;
}

Task<SimulatePolicyResponse> Simulations::SimulatePrincipalPolicy(wire::Context& context,
                                                                  SimulatePrincipalPolicyRequest input) {
  const auto identity = co_await require_identity(context, input.policy_source_arn);
  if (input.resource_policy && !input.caller_arn && identity->noun != kUser)
    throw invalid_input("CallerArn is required with a ResourcePolicy unless PolicySourceArn is a user's.");
  Simulation simulation;
  simulation.set_now(with_.clock.now());
  simulation.set_principal(input.caller_arn ? user_of(*input.caller_arn) : principal_of(*identity));
  for (const IdentityPolicy& policy : identity->policies)
    if (!is_excluded(input.policy_exclusion_list, policy)) simulation.add_identity(to_simulated(policy));
  if (identity->boundary && !is_excluded(input.policy_exclusion_list, *identity->boundary))
    simulation.set_boundary(to_simulated(*identity->boundary));
  prepare(simulation, input);
  co_return run(simulation, input);
}

Task<SimulatePolicyResponse> Simulations::SimulateCustomPolicy(wire::Context& context,
                                                               SimulateCustomPolicyRequest input) {
  if (input.ordered_organization_policy_input_list)
    throw aws::not_implemented("iam", "Simulation of policies of organizations");
  if (input.resource_policy && !input.caller_arn)
    throw invalid_input("CallerArn is required with a ResourcePolicy.");
  Simulation simulation;
  simulation.set_now(with_.clock.now());
  simulation.set_principal(input.caller_arn
                               ? user_of(*input.caller_arn)
                               : policy::Principal{.kind = PrincipalKind::kUser, .account = context.account});
  prepare(simulation, input);
  co_return run(simulation, input);
}

}  // namespace martlet::iam
