// Managed policies: CreatePolicy, GetPolicy, DeletePolicy, ListPolicies; TagPolicy, UntagPolicy,
// ListPolicyTags.

#include "services/iam/policies.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "api/iam/values.h"
#include "base/arn.h"
#include "services/iam/errors.h"
#include "services/iam/policy_document.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

/// What lists are ordered by, and pages continue after.
std::string order_key(const Policy& policy) { return to_lower(*policy.policy_name) + "\n" + *policy.arn; }

/// Whether the list that was asked for has this policy.
bool is_wanted(const ListPoliciesRequest& input, const Policy& policy) {
  if (!policy.path->starts_with(input.path_prefix.value_or("/"))) return false;
  const bool boundary = input.policy_usage_filter == values::PolicyUsageType::kPermissionsBoundary;
  const bool used = (boundary ? *policy.permissions_boundary_usage_count : *policy.attachment_count) > 0;
  if (input.only_attached.value_or(false) || boundary) return used;
  return true;
}

}  // namespace

void Policies::count_use(Uses& uses, const PolicyUseRecord& use) {
  (use.usage == kBoundary ? uses.boundaries : uses.attachments) += 1;
}

Policy Policies::shown_policy(const PolicyRecord& record, const Uses& uses) {
  Policy policy;
  policy.policy_name = record.name;
  policy.policy_id = record.id;
  policy.arn = record.arn;
  policy.path = record.path;
  policy.default_version_id = fmt::format("v{}", record.default_version);
  policy.attachment_count = uses.attachments;
  policy.permissions_boundary_usage_count = uses.boundaries;
  policy.is_attachable = true;
  policy.create_date = from_epoch_ms(record.created_ms);
  policy.update_date = from_epoch_ms(record.updated_ms);
  return policy;
}

Policy Policies::shown_policy(const AwsPolicy& record, const Uses& uses) {
  Policy policy;
  policy.policy_name = policy_name(record.arn);
  policy.policy_id = record.id();
  policy.arn = record.arn;
  policy.path = policy_path(record.arn);
  policy.default_version_id = record.version;
  policy.attachment_count = uses.attachments;
  policy.permissions_boundary_usage_count = uses.boundaries;
  policy.is_attachable = true;
  policy.create_date = from_epoch_ms(record.created_ms);
  policy.update_date = from_epoch_ms(record.updated_ms);
  return policy;
}

Task<PolicyRecord> Policies::require_own(store::Txn& txn, std::string account, std::string arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with("policy/"))
    throw invalid_policy_arn(arn);
  if (find_aws_policy(arn) != nullptr) throw policy_of_others();
  auto record = co_await load<PolicyRecord>(txn, {account, std::string(policy_name(arn))});
  if (!record || record->arn != arn) throw policy_not_found(arn);
  co_return std::move(*record);
}

template <class Edit>
Task<> Policies::edit_policy(std::string account, std::string arn, Edit edit) {
  auto body = [&](store::Txn& txn) -> Task<> {
    auto policy = co_await require_own(txn, account, arn);
    edit(policy);
    save(txn, account, policy);
  };
  co_await change(body);
}

Task<CreatePolicyResponse> Policies::CreatePolicy(wire::Context& context, CreatePolicyRequest input) {
  check_policy(input.policy_document, PolicyKind::kIdentity);
  if (counted_size(input.policy_document) > kManagedPolicySize.limit)
    throw quota_exceeded(kManagedPolicySize);
  auto policy = new_record<PolicyRecord>(context, input.policy_name, input.path);
  policy.description = input.description;
  policy.updated_ms = policy.created_ms;
  policy.tags = to_records(input.tags, TagCase::kDistinct);
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await create(txn, context.account, policy, kPolicies);
    save_version(txn, {context.account, policy.name},
                 {.number = 1, .document = input.policy_document, .created_ms = policy.created_ms});
  };
  co_await change(body);
  CreatePolicyResponse output;
  output.policy = shown_policy(policy, {});
  output.policy->description = policy.description;
  output.policy->tags = to_optional_tags(policy.tags);
  co_return output;
}

Task<GetPolicyResponse> Policies::GetPolicy(wire::Context& context, GetPolicyRequest input) {
  GetPolicyResponse output;
  auto body = [&](store::Txn& txn) -> Task<> {
    Uses uses;
    for (const auto& use : co_await policy_uses(txn, context.account, input.policy_arn)) count_use(uses, use);
    if (const AwsPolicy* policy = find_aws_policy(input.policy_arn); policy != nullptr) {
      output.policy = shown_policy(*policy, uses);
      output.policy->description = policy->description;
      co_return;
    }
    const auto policy = co_await require_own(txn, context.account, input.policy_arn);
    output.policy = shown_policy(policy, uses);
    output.policy->description = policy.description;
    output.policy->tags = to_optional_tags(policy.tags);
  };
  co_await read(body);
  co_return output;
}

Task<> Policies::DeletePolicy(wire::Context& context, DeletePolicyRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto policy = co_await require_own(txn, context.account, input.policy_arn);
    const auto uses = co_await policy_uses(txn, context.account, input.policy_arn);
    if (!uses.empty()) throw policy_in_use();
    const Name name{context.account, policy.name};
    const auto versions = co_await list_versions(txn, name);
    if (versions.size() > 1)
      throw delete_conflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's "
          "versions. The default version is deleted with the policy.");
    for (const auto& version : versions) erase_version(txn, name, version.number);
    erase<PolicyRecord>(txn, name);
  };
  co_await change(body);
}

Task<ListPoliciesResponse> Policies::ListPolicies(wire::Context& context, ListPoliciesRequest input) {
  const std::string start = page_start(input.marker);
  const std::string scope = input.scope.value_or(std::string(values::PolicyScopeType::kAll));
  std::map<std::string, Uses> uses;
  std::vector<PolicyRecord> own;
  auto body = [&](store::Txn& txn) -> Task<> {
    uses.clear();
    for (const auto& use : co_await all_policy_uses(txn, context.account))
      count_use(uses[use.policy_arn], use);
    if (scope != values::PolicyScopeType::kAws) own = co_await list<PolicyRecord>(txn, context.account, "");
  };
  co_await read(body);
  std::vector<Policy> policies;
  const auto add = [&](Policy policy) {
    if (is_wanted(input, policy) && order_key(policy) > start) policies.push_back(std::move(policy));
  };
  for (const PolicyRecord& record : own) add(shown_policy(record, uses[record.arn]));
  if (scope != values::PolicyScopeType::kLocal)
    for (const AwsPolicy& record : aws_policies()) add(shown_policy(record, uses[std::string(record.arn)]));
  std::sort(policies.begin(), policies.end(),
            [](const Policy& a, const Policy& b) { return order_key(a) < order_key(b); });
  ListPoliciesResponse output;
  cut_page(policies, input.max_items, output, order_key);
  output.policies = std::move(policies);
  co_return output;
}

Task<> Policies::TagPolicy(wire::Context& context, TagPolicyRequest input) {
  co_await edit_policy(context.account, input.policy_arn,
                       [&](PolicyRecord& policy) { add_tags(policy.tags, input.tags, TagCase::kDistinct); });
}

Task<> Policies::UntagPolicy(wire::Context& context, UntagPolicyRequest input) {
  co_await edit_policy(context.account, input.policy_arn, [&](PolicyRecord& policy) {
    remove_tags(policy.tags, input.tag_keys, TagCase::kDistinct);
  });
}

Task<ListPolicyTagsResponse> Policies::ListPolicyTags(wire::Context& context, ListPolicyTagsRequest input) {
  std::vector<TagRecord> tags;
  auto body = [&](store::Txn& txn) -> Task<> {
    if (find_aws_policy(input.policy_arn) != nullptr) co_return;
    tags = (co_await require_own(txn, context.account, input.policy_arn)).tags;
  };
  co_await read(body);
  co_return tags_page<ListPolicyTagsResponse>(tags, input);
}

}  // namespace martlet::iam
