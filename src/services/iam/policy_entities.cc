// Who uses a managed policy: ListEntitiesForPolicy.

#include <algorithm>

#include "api/iam/values.h"
#include "services/iam/errors.h"
#include "services/iam/policies.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

struct Entity {
  std::string noun;
  NamedRecord record;
};

/// What lists are ordered by, and pages continue after: all groups, then roles, then users, each by name.
std::string order_key(const Entity& entity) { return entity.noun + "/" + to_lower(entity.record.name); }

bool is_wanted(const ListEntitiesForPolicyRequest& input, const PolicyUseRecord& use) {
  if (input.policy_usage_filter) {
    const bool boundary = *input.policy_usage_filter == values::PolicyUsageType::kPermissionsBoundary;
    if (boundary != (use.usage == kBoundary)) return false;
  }
  return !input.entity_filter || to_lower(*input.entity_filter) == use.noun;
}

}  // namespace

Task<ListEntitiesForPolicyResponse> Policies::ListEntitiesForPolicy(wire::Context& context,
                                                                    ListEntitiesForPolicyRequest input) {
  const std::string start = page_start(input.marker);
  std::vector<Entity> entities;
  auto body = [&](store::Txn& txn) -> Task<> {
    entities.clear();
    if (find_aws_policy(input.policy_arn) == nullptr)
      co_await require_own(txn, context.account, input.policy_arn);
    for (const auto& use : co_await policy_uses(txn, context.account, input.policy_arn)) {
      if (!is_wanted(input, use)) continue;
      auto record = co_await require_principal(txn, {use.noun, context.account, use.name});
      if (record.path.starts_with(input.path_prefix.value_or("/")))
        entities.push_back({use.noun, std::move(record)});
    }
  };
  co_await read(body);
  std::sort(entities.begin(), entities.end(),
            [](const Entity& a, const Entity& b) { return order_key(a) < order_key(b); });
  // Somebody may have the policy attached and as a boundary.
  const auto same = [](const Entity& a, const Entity& b) { return order_key(a) == order_key(b); };
  entities.erase(std::unique(entities.begin(), entities.end(), same), entities.end());
  std::erase_if(entities, [&](const Entity& entity) { return order_key(entity) <= start; });
  ListEntitiesForPolicyResponse output;
  cut_page(entities, input.max_items, output, order_key);
  output.policy_groups.emplace();
  output.policy_roles.emplace();
  output.policy_users.emplace();
  for (const auto& [noun, record] : entities) {
    if (noun == kGroup) output.policy_groups->push_back({.group_name = record.name, .group_id = record.id});
    if (noun == kRole) output.policy_roles->push_back({.role_name = record.name, .role_id = record.id});
    if (noun == kUser) output.policy_users->push_back({.user_name = record.name, .user_id = record.id});
  }
  co_return output;
}

}  // namespace martlet::iam
