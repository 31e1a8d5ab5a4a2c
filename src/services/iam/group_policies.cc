// Policies of groups: AttachGroupPolicy, DetachGroupPolicy, ListAttachedGroupPolicies for managed ones;
// PutGroupPolicy, GetGroupPolicy, DeleteGroupPolicy, ListGroupPolicies for those that are part of the group.

#include "services/iam/groups.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

Principal principal(const wire::Context& context, const std::string& group) {
  return {.noun = kGroup, .account = context.account, .name = group};
}

}  // namespace

Task<> Groups::AttachGroupPolicy(wire::Context& context, AttachGroupPolicyRequest input) {
  return attach_policy(principal(context, input.group_name), std::move(input.policy_arn));
}

Task<> Groups::DetachGroupPolicy(wire::Context& context, DetachGroupPolicyRequest input) {
  return detach_policy(principal(context, input.group_name), std::move(input.policy_arn));
}

Task<ListAttachedGroupPoliciesResponse> Groups::ListAttachedGroupPolicies(
    wire::Context& context, ListAttachedGroupPoliciesRequest input) {
  Principal who = principal(context, input.group_name);
  return list_attached_page<ListAttachedGroupPoliciesResponse>(std::move(who), std::move(input));
}

Task<> Groups::PutGroupPolicy(wire::Context& context, PutGroupPolicyRequest input) {
  return put_policy(principal(context, input.group_name), std::move(input.policy_name),
                    std::move(input.policy_document));
}

Task<GetGroupPolicyResponse> Groups::GetGroupPolicy(wire::Context& context, GetGroupPolicyRequest input) {
  Inline found = co_await get_policy(principal(context, input.group_name), std::move(input.policy_name));
  co_return GetGroupPolicyResponse{.group_name = std::move(found.owner),
                                   .policy_name = std::move(found.policy),
                                   .policy_document = std::move(found.document)};
}

Task<> Groups::DeleteGroupPolicy(wire::Context& context, DeleteGroupPolicyRequest input) {
  return delete_policy(principal(context, input.group_name), std::move(input.policy_name));
}

Task<ListGroupPoliciesResponse> Groups::ListGroupPolicies(wire::Context& context,
                                                          ListGroupPoliciesRequest input) {
  Principal who = principal(context, input.group_name);
  return list_policies_page<ListGroupPoliciesResponse>(std::move(who), std::move(input));
}

}  // namespace martlet::iam
