// Policies of roles: AttachRolePolicy, DetachRolePolicy, ListAttachedRolePolicies for managed ones;
// PutRolePolicy, GetRolePolicy, DeleteRolePolicy, ListRolePolicies for those that are part of the role;
// permissions boundaries.

#include "services/iam/roles.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

Principal principal(const wire::Context& context, const std::string& role) {
  return {.noun = kRole, .account = context.account, .name = role};
}

}  // namespace

Task<> Roles::AttachRolePolicy(wire::Context& context, AttachRolePolicyRequest input) {
  return attach_policy(principal(context, input.role_name), std::move(input.policy_arn));
}

Task<> Roles::DetachRolePolicy(wire::Context& context, DetachRolePolicyRequest input) {
  return detach_policy(principal(context, input.role_name), std::move(input.policy_arn));
}

Task<ListAttachedRolePoliciesResponse> Roles::ListAttachedRolePolicies(
    wire::Context& context, ListAttachedRolePoliciesRequest input) {
  Principal who = principal(context, input.role_name);
  return list_attached_page<ListAttachedRolePoliciesResponse>(std::move(who), std::move(input));
}

Task<> Roles::PutRolePolicy(wire::Context& context, PutRolePolicyRequest input) {
  return put_policy(principal(context, input.role_name), std::move(input.policy_name),
                    std::move(input.policy_document));
}

Task<GetRolePolicyResponse> Roles::GetRolePolicy(wire::Context& context, GetRolePolicyRequest input) {
  Inline found = co_await get_policy(principal(context, input.role_name), std::move(input.policy_name));
  co_return GetRolePolicyResponse{.role_name = std::move(found.owner),
                                  .policy_name = std::move(found.policy),
                                  .policy_document = std::move(found.document)};
}

Task<> Roles::DeleteRolePolicy(wire::Context& context, DeleteRolePolicyRequest input) {
  return delete_policy(principal(context, input.role_name), std::move(input.policy_name));
}

Task<ListRolePoliciesResponse> Roles::ListRolePolicies(wire::Context& context,
                                                       ListRolePoliciesRequest input) {
  Principal who = principal(context, input.role_name);
  return list_policies_page<ListRolePoliciesResponse>(std::move(who), std::move(input));
}

Task<> Roles::PutRolePermissionsBoundary(wire::Context& context, PutRolePermissionsBoundaryRequest input) {
  return set_boundary<RoleRecord>({context.account, input.role_name}, std::move(input.permissions_boundary));
}

Task<> Roles::DeleteRolePermissionsBoundary(wire::Context& context,
                                            DeleteRolePermissionsBoundaryRequest input) {
  return set_boundary<RoleRecord>({context.account, input.role_name}, std::nullopt);
}

}  // namespace martlet::iam
