#pragma once

// Roles, their policies, service-linked roles and instance profiles. Operations are in roles.cc,
// role_policies.cc, service_linked_roles.cc and instance_profiles.cc.

#include "services/iam/groups.h"

namespace martlet::iam {

class Roles : public Groups {
 public:
  using Groups::Groups;

  Task<CreateRoleResponse> CreateRole(wire::Context& context, CreateRoleRequest input) override;
  Task<GetRoleResponse> GetRole(wire::Context& context, GetRoleRequest input) override;
  Task<UpdateRoleResponse> UpdateRole(wire::Context& context, UpdateRoleRequest input) override;
  Task<UpdateRoleDescriptionResponse> UpdateRoleDescription(wire::Context& context,
                                                            UpdateRoleDescriptionRequest input) override;
  Task<> UpdateAssumeRolePolicy(wire::Context& context, UpdateAssumeRolePolicyRequest input) override;
  Task<> DeleteRole(wire::Context& context, DeleteRoleRequest input) override;
  Task<ListRolesResponse> ListRoles(wire::Context& context, ListRolesRequest input) override;
  Task<> TagRole(wire::Context& context, TagRoleRequest input) override;
  Task<> UntagRole(wire::Context& context, UntagRoleRequest input) override;
  Task<ListRoleTagsResponse> ListRoleTags(wire::Context& context, ListRoleTagsRequest input) override;

  Task<> AttachRolePolicy(wire::Context& context, AttachRolePolicyRequest input) override;
  Task<> DetachRolePolicy(wire::Context& context, DetachRolePolicyRequest input) override;
  Task<ListAttachedRolePoliciesResponse> ListAttachedRolePolicies(
      wire::Context& context, ListAttachedRolePoliciesRequest input) override;
  Task<> PutRolePolicy(wire::Context& context, PutRolePolicyRequest input) override;
  Task<GetRolePolicyResponse> GetRolePolicy(wire::Context& context, GetRolePolicyRequest input) override;
  Task<> DeleteRolePolicy(wire::Context& context, DeleteRolePolicyRequest input) override;
  Task<ListRolePoliciesResponse> ListRolePolicies(wire::Context& context,
                                                  ListRolePoliciesRequest input) override;
  Task<> PutRolePermissionsBoundary(wire::Context& context, PutRolePermissionsBoundaryRequest input) override;
  Task<> DeleteRolePermissionsBoundary(wire::Context& context,
                                       DeleteRolePermissionsBoundaryRequest input) override;

  Task<CreateServiceLinkedRoleResponse> CreateServiceLinkedRole(
      wire::Context& context, CreateServiceLinkedRoleRequest input) override;
  Task<DeleteServiceLinkedRoleResponse> DeleteServiceLinkedRole(
      wire::Context& context, DeleteServiceLinkedRoleRequest input) override;
  Task<GetServiceLinkedRoleDeletionStatusResponse> GetServiceLinkedRoleDeletionStatus(
      wire::Context& context, GetServiceLinkedRoleDeletionStatusRequest input) override;

  Task<CreateInstanceProfileResponse> CreateInstanceProfile(wire::Context& context,
                                                            CreateInstanceProfileRequest input) override;
  Task<GetInstanceProfileResponse> GetInstanceProfile(wire::Context& context,
                                                      GetInstanceProfileRequest input) override;
  Task<> DeleteInstanceProfile(wire::Context& context, DeleteInstanceProfileRequest input) override;
  Task<ListInstanceProfilesResponse> ListInstanceProfiles(wire::Context& context,
                                                          ListInstanceProfilesRequest input) override;
  Task<ListInstanceProfilesForRoleResponse> ListInstanceProfilesForRole(
      wire::Context& context, ListInstanceProfilesForRoleRequest input) override;
  Task<> AddRoleToInstanceProfile(wire::Context& context, AddRoleToInstanceProfileRequest input) override;
  Task<> RemoveRoleFromInstanceProfile(wire::Context& context,
                                       RemoveRoleFromInstanceProfileRequest input) override;
  Task<> TagInstanceProfile(wire::Context& context, TagInstanceProfileRequest input) override;
  Task<> UntagInstanceProfile(wire::Context& context, UntagInstanceProfileRequest input) override;
  Task<ListInstanceProfileTagsResponse> ListInstanceProfileTags(
      wire::Context& context, ListInstanceProfileTagsRequest input) override;

  /// The unique id ("AROA...") of the role with this ARN; empty when there is none.
  Task<std::string> role_id(std::string role_arn);

 protected:
  /// What every operation shows of a role; IAM gives documents in percent-encoding.
  static Role brief_role(const RoleRecord& record);
  /// The profile with its role.
  static Task<InstanceProfile> shown_profile(store::Txn& txn, std::string account,
                                             InstanceProfileRecord record);

 private:
  /// brief_role() and the attributes that lists leave out.
  static Role full_role(const RoleRecord& record);
  /// Loads a role, lets `edit(record)` change it, and gives what was saved. Of a role that belongs to a
  /// service the description and the tags may be changed.
  template <class Edit>
  Task<RoleRecord> edit_role(Name name, Edit edit);
};

}  // namespace martlet::iam
