// Policies of roles: AttachRolePolicy, DetachRolePolicy, ListAttachedRolePolicies for managed ones;
// PutRolePolicy, GetRolePolicy, DeleteRolePolicy, ListRolePolicies for those that are part of the role.

#include <utility>

#include "base/arn.h"
#include "base/strings.h"
#include "services/iam/errors.h"
#include "services/iam/iam_store.h"
#include "services/iam/limits.h"
#include "services/iam/managed_policies.h"
#include "services/iam/paging.h"
#include "services/iam/policy_document.h"
#include "services/iam/service.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

void check_policy_arn(const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with("policy/"))
    throw invalid_policy_arn(arn);
}

}  // namespace

Task<> IamService::AttachRolePolicy(wire::Context& context, AttachRolePolicyRequest input) {
  check_policy_arn(input.policy_arn);
  const RoleName name{.account = context.account, .name = input.role_name};
  auto attach_it = [&](store::Txn& txn) -> Task<> {
    co_await require_role(txn, name);
    if (!is_managed_policy(input.policy_arn)) throw policy_not_attachable(input.policy_arn);
    const bool attached = co_await is_attached(txn, name, input.policy_arn);
    if (attached) co_return;  // attaching again is no error
    const auto others = co_await list_attached(txn, name, "");
    if (others.size() >= kMaxManagedPoliciesPerRole)
      throw quota_exceeded("PoliciesPerRole", kMaxManagedPoliciesPerRole);
    attach(txn, name, input.policy_arn);
  };
  co_await with_.store.transact(attach_it);
}

Task<> IamService::DetachRolePolicy(wire::Context& context, DetachRolePolicyRequest input) {
  check_policy_arn(input.policy_arn);
  const RoleName name{.account = context.account, .name = input.role_name};
  auto detach_it = [&](store::Txn& txn) -> Task<> {
    co_await require_role(txn, name);
    const bool attached = co_await is_attached(txn, name, input.policy_arn);
    if (!attached) throw policy_not_attached(input.policy_arn);
    detach(txn, name, input.policy_arn);
  };
  co_await with_.store.transact(detach_it);
}

Task<ListAttachedRolePoliciesResponse> IamService::ListAttachedRolePolicies(
    wire::Context& context, ListAttachedRolePoliciesRequest input) {
  const RoleName name{.account = context.account, .name = input.role_name};
  auto list = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<std::vector<std::string>> {
    co_await require_role(txn, name);
    co_return co_await list_attached(txn, name, start);
  };
  std::vector<std::string> arns = co_await with_.store.transact(list);
  const std::string prefix = input.path_prefix.value_or("/");
  std::erase_if(arns, [&](const std::string& arn) { return !policy_path(arn).starts_with(prefix); });
  ListAttachedRolePoliciesResponse output;
  cut_page(arns, input.max_items, output, [](const std::string& arn) { return arn; });
  output.attached_policies.emplace();
  for (const std::string& arn : arns)
    output.attached_policies->push_back({.policy_name = std::string(policy_name(arn)), .policy_arn = arn});
  co_return output;
}

Task<> IamService::PutRolePolicy(wire::Context& context, PutRolePolicyRequest input) {
  check_policy(input.policy_document, PolicyKind::kIdentity);
  const RoleName name{.account = context.account, .name = input.role_name};
  auto put = [&](store::Txn& txn) -> Task<> {
    co_await require_role(txn, name);
    std::size_t size = counted_size(input.policy_document);
    for (const InlinePolicyRecord& other : co_await list_inline_policies(txn, name, "")) {
      if (other.name != input.policy_name) size += counted_size(other.document);
    }
    if (size > kMaxInlinePoliciesSize) throw inline_policies_too_large(input.role_name);
    save_inline_policy(txn, name, {.name = input.policy_name, .document = input.policy_document});
  };
  co_await with_.store.transact(put);
}

Task<GetRolePolicyResponse> IamService::GetRolePolicy(wire::Context& context, GetRolePolicyRequest input) {
  const RoleName name{.account = context.account, .name = input.role_name};
  auto get = [&](store::Txn& txn) -> Task<GetRolePolicyResponse> {
    const RoleRecord role = co_await require_role(txn, name);
    const auto policy = co_await load_inline_policy(txn, name, input.policy_name);
    if (!policy) throw inline_policy_not_found(input.policy_name);
    GetRolePolicyResponse output;
    output.role_name = role.name;
    output.policy_name = policy->name;
    output.policy_document = percent_encode(policy->document);
    co_return output;
  };
  co_return co_await with_.store.transact(get);
}

Task<> IamService::DeleteRolePolicy(wire::Context& context, DeleteRolePolicyRequest input) {
  const RoleName name{.account = context.account, .name = input.role_name};
  auto erase = [&](store::Txn& txn) -> Task<> {
    co_await require_role(txn, name);
    const auto policy = co_await load_inline_policy(txn, name, input.policy_name);
    if (!policy) throw inline_policy_not_found(input.policy_name);
    erase_inline_policy(txn, name, input.policy_name);
  };
  co_await with_.store.transact(erase);
}

Task<ListRolePoliciesResponse> IamService::ListRolePolicies(wire::Context& context,
                                                            ListRolePoliciesRequest input) {
  const RoleName name{.account = context.account, .name = input.role_name};
  auto list = [&,
               start = page_start(input.marker)](store::Txn& txn) -> Task<std::vector<InlinePolicyRecord>> {
    co_await require_role(txn, name);
    co_return co_await list_inline_policies(txn, name, start);
  };
  std::vector<InlinePolicyRecord> policies = co_await with_.store.transact(list);
  ListRolePoliciesResponse output;
  cut_page(policies, input.max_items, output, [](const InlinePolicyRecord& policy) { return policy.name; });
  for (InlinePolicyRecord& policy : policies) output.policy_names.push_back(std::move(policy.name));
  co_return output;
}

}  // namespace martlet::iam
