#pragma once

// What policies would do: SimulatePrincipalPolicy, SimulateCustomPolicy (policy_simulation.cc),
// GetContextKeysForPrincipalPolicy, GetContextKeysForCustomPolicy, ListPoliciesGrantingServiceAccess
// (policy_questions.cc).

#include "services/iam/service_credentials.h"

namespace martlet::iam {

class Simulations : public ServiceCredentials {
 public:
  using ServiceCredentials::ServiceCredentials;

  Task<SimulatePolicyResponse> SimulatePrincipalPolicy(wire::Context& context,
                                                       SimulatePrincipalPolicyRequest input) override;
  Task<SimulatePolicyResponse> SimulateCustomPolicy(wire::Context& context,
                                                    SimulateCustomPolicyRequest input) override;
  Task<GetContextKeysForPolicyResponse> GetContextKeysForPrincipalPolicy(
      wire::Context& context, GetContextKeysForPrincipalPolicyRequest input) override;
  Task<GetContextKeysForPolicyResponse> GetContextKeysForCustomPolicy(
      wire::Context& context, GetContextKeysForCustomPolicyRequest input) override;
  Task<ListPoliciesGrantingServiceAccessResponse> ListPoliciesGrantingServiceAccess(
      wire::Context& context, ListPoliciesGrantingServiceAccessRequest input) override;

 protected:
  /// The user, group or role of this ARN in the caller's account; throws InvalidInput and
  /// NoSuchEntity.
  Task<std::shared_ptr<const Identity>> require_identity(const wire::Context& context, std::string arn);
};

}  // namespace martlet::iam
