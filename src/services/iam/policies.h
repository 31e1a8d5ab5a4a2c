#pragma once

// Managed policies: the account's own with their versions, AWS's, and who uses them. Operations are in
// policies.cc, policy_versions.cc and policy_entities.cc.

#include "services/iam/managed_policies.h"
#include "services/iam/roles.h"

namespace martlet::iam {

class Policies : public Roles {
 public:
  using Roles::Roles;

  Task<CreatePolicyResponse> CreatePolicy(wire::Context& context, CreatePolicyRequest input) override;
  Task<GetPolicyResponse> GetPolicy(wire::Context& context, GetPolicyRequest input) override;
  Task<> DeletePolicy(wire::Context& context, DeletePolicyRequest input) override;
  Task<ListPoliciesResponse> ListPolicies(wire::Context& context, ListPoliciesRequest input) override;
  Task<> TagPolicy(wire::Context& context, TagPolicyRequest input) override;
  Task<> UntagPolicy(wire::Context& context, UntagPolicyRequest input) override;
  Task<ListPolicyTagsResponse> ListPolicyTags(wire::Context& context, ListPolicyTagsRequest input) override;

  Task<CreatePolicyVersionResponse> CreatePolicyVersion(wire::Context& context,
                                                        CreatePolicyVersionRequest input) override;
  Task<GetPolicyVersionResponse> GetPolicyVersion(wire::Context& context,
                                                  GetPolicyVersionRequest input) override;
  Task<> DeletePolicyVersion(wire::Context& context, DeletePolicyVersionRequest input) override;
  Task<ListPolicyVersionsResponse> ListPolicyVersions(wire::Context& context,
                                                      ListPolicyVersionsRequest input) override;
  Task<> SetDefaultPolicyVersion(wire::Context& context, SetDefaultPolicyVersionRequest input) override;

  Task<ListEntitiesForPolicyResponse> ListEntitiesForPolicy(wire::Context& context,
                                                            ListEntitiesForPolicyRequest input) override;

 protected:
  /// How often a policy is attached, and is a boundary.
  struct Uses {
    std::int32_t attachments = 0;
    std::int32_t boundaries = 0;
  };
  static void count_use(Uses& uses, const PolicyUseRecord& use);
  static Policy shown_policy(const PolicyRecord& record, const Uses& uses);
  static Policy shown_policy(const AwsPolicy& policy, const Uses& uses);
  static PolicyVersion only_version(const AwsPolicy& policy);
  static PolicyVersion shown_version(const PolicyRecord& policy, const PolicyVersionRecord& version);

 private:
  /// The account's own policy of this ARN. Throws NoSuchEntity, and AccessDenied for AWS's.
  static Task<PolicyRecord> require_own(store::Txn& txn, std::string account, std::string arn);
  /// As edit(), by ARN.
  template <class Edit>
  Task<> edit_policy(std::string account, std::string arn, Edit edit);
};

/// "v3" as 3; 0 when it is no version's id.
std::uint32_t version_number(const std::string& id);

}  // namespace martlet::iam
