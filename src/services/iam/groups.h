#pragma once

// Groups of users, their members and policies. Operations are in groups.cc and group_policies.cc.

#include "services/iam/users.h"

namespace martlet::iam {

class Groups : public Users {
 public:
  using Users::Users;

  Task<CreateGroupResponse> CreateGroup(wire::Context& context, CreateGroupRequest input) override;
  Task<GetGroupResponse> GetGroup(wire::Context& context, GetGroupRequest input) override;
  Task<> UpdateGroup(wire::Context& context, UpdateGroupRequest input) override;
  Task<> DeleteGroup(wire::Context& context, DeleteGroupRequest input) override;
  Task<ListGroupsResponse> ListGroups(wire::Context& context, ListGroupsRequest input) override;
  Task<ListGroupsForUserResponse> ListGroupsForUser(wire::Context& context,
                                                    ListGroupsForUserRequest input) override;
  Task<> AddUserToGroup(wire::Context& context, AddUserToGroupRequest input) override;
  Task<> RemoveUserFromGroup(wire::Context& context, RemoveUserFromGroupRequest input) override;

  Task<> AttachGroupPolicy(wire::Context& context, AttachGroupPolicyRequest input) override;
  Task<> DetachGroupPolicy(wire::Context& context, DetachGroupPolicyRequest input) override;
  Task<ListAttachedGroupPoliciesResponse> ListAttachedGroupPolicies(
      wire::Context& context, ListAttachedGroupPoliciesRequest input) override;
  Task<> PutGroupPolicy(wire::Context& context, PutGroupPolicyRequest input) override;
  Task<GetGroupPolicyResponse> GetGroupPolicy(wire::Context& context, GetGroupPolicyRequest input) override;
  Task<> DeleteGroupPolicy(wire::Context& context, DeleteGroupPolicyRequest input) override;
  Task<ListGroupPoliciesResponse> ListGroupPolicies(wire::Context& context,
                                                    ListGroupPoliciesRequest input) override;
};

}  // namespace martlet::iam
