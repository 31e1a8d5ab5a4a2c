// Policies of users: AttachUserPolicy, DetachUserPolicy, ListAttachedUserPolicies for managed ones;
// PutUserPolicy, GetUserPolicy, DeleteUserPolicy, ListUserPolicies for those that are part of the user;
// permissions boundaries.

#include "services/iam/users.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

Principal principal(const wire::Context& context, const std::string& user) {
  return {.noun = kUser, .account = context.account, .name = user};
}

}  // namespace

Task<> Users::AttachUserPolicy(wire::Context& context, AttachUserPolicyRequest input) {
  return attach_policy(principal(context, input.user_name), std::move(input.policy_arn));
}

Task<> Users::DetachUserPolicy(wire::Context& context, DetachUserPolicyRequest input) {
  return detach_policy(principal(context, input.user_name), std::move(input.policy_arn));
}

Task<ListAttachedUserPoliciesResponse> Users::ListAttachedUserPolicies(
    wire::Context& context, ListAttachedUserPoliciesRequest input) {
  Principal who = principal(context, input.user_name);
  return list_attached_page<ListAttachedUserPoliciesResponse>(std::move(who), std::move(input));
}

Task<> Users::PutUserPolicy(wire::Context& context, PutUserPolicyRequest input) {
  return put_policy(principal(context, input.user_name), std::move(input.policy_name),
                    std::move(input.policy_document));
}

Task<GetUserPolicyResponse> Users::GetUserPolicy(wire::Context& context, GetUserPolicyRequest input) {
  Inline found = co_await get_policy(principal(context, input.user_name), std::move(input.policy_name));
  co_return GetUserPolicyResponse{.user_name = std::move(found.owner),
                                  .policy_name = std::move(found.policy),
                                  .policy_document = std::move(found.document)};
}

Task<> Users::DeleteUserPolicy(wire::Context& context, DeleteUserPolicyRequest input) {
  return delete_policy(principal(context, input.user_name), std::move(input.policy_name));
}

Task<ListUserPoliciesResponse> Users::ListUserPolicies(wire::Context& context,
                                                       ListUserPoliciesRequest input) {
  Principal who = principal(context, input.user_name);
  return list_policies_page<ListUserPoliciesResponse>(std::move(who), std::move(input));
}

Task<> Users::PutUserPermissionsBoundary(wire::Context& context, PutUserPermissionsBoundaryRequest input) {
  return set_boundary<UserRecord>({context.account, input.user_name}, std::move(input.permissions_boundary));
}

Task<> Users::DeleteUserPermissionsBoundary(wire::Context& context,
                                            DeleteUserPermissionsBoundaryRequest input) {
  return set_boundary<UserRecord>({context.account, input.user_name}, std::nullopt);
}

}  // namespace martlet::iam
