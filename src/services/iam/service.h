#pragma once

// The IAM service: roles with their policies, as far as deploying a function needs them. IAM is global: a
// role belongs to an account, in no region. Operations are grouped by noun: roles.cc, role_policies.cc. Lives
// on the loop.

#include <optional>
#include <string>

#include "api/iam/api.h"
#include "base/clock.h"
#include "base/ids.h"
#include "services/iam/records.h"
#include "store/store.h"

namespace martlet::iam {

struct Dependencies {
  store::Store& store;
  Clock& clock;
  Ids& ids;
};

class IamService final : public Api {
 public:
  explicit IamService(Dependencies with) : with_(with) {}

  Task<CreateRoleResponse> CreateRole(wire::Context& context, CreateRoleRequest input) override;
  Task<GetRoleResponse> GetRole(wire::Context& context, GetRoleRequest input) override;
  Task<> DeleteRole(wire::Context& context, DeleteRoleRequest input) override;
  Task<ListRolesResponse> ListRoles(wire::Context& context, ListRolesRequest input) override;
  Task<ListInstanceProfilesForRoleResponse> ListInstanceProfilesForRole(
      wire::Context& context, ListInstanceProfilesForRoleRequest input) override;

  Task<> AttachRolePolicy(wire::Context& context, AttachRolePolicyRequest input) override;
  Task<> DetachRolePolicy(wire::Context& context, DetachRolePolicyRequest input) override;
  Task<ListAttachedRolePoliciesResponse> ListAttachedRolePolicies(
      wire::Context& context, ListAttachedRolePoliciesRequest input) override;
  Task<> PutRolePolicy(wire::Context& context, PutRolePolicyRequest input) override;
  Task<GetRolePolicyResponse> GetRolePolicy(wire::Context& context, GetRolePolicyRequest input) override;
  Task<> DeleteRolePolicy(wire::Context& context, DeleteRolePolicyRequest input) override;
  Task<ListRolePoliciesResponse> ListRolePolicies(wire::Context& context,
                                                  ListRolePoliciesRequest input) override;

  /// The unique id ("AROA...") of the role with this ARN; empty when there is none.
  Task<std::string> role_id(std::string role_arn);

 private:
  Dependencies with_;
};

}  // namespace martlet::iam
