#pragma once

// Service-specific credentials of users, as stored data: names with passwords, and API keys. The secret is
// shown when it is made, and never again. Operations are in service_credentials.cc.

#include "services/iam/certificates.h"

namespace martlet::iam {

class ServiceCredentials : public Certificates {
 public:
  using Certificates::Certificates;

  Task<CreateServiceSpecificCredentialResponse> CreateServiceSpecificCredential(
      wire::Context& context, CreateServiceSpecificCredentialRequest input) override;
  Task<ListServiceSpecificCredentialsResponse> ListServiceSpecificCredentials(
      wire::Context& context, ListServiceSpecificCredentialsRequest input) override;
  Task<ResetServiceSpecificCredentialResponse> ResetServiceSpecificCredential(
      wire::Context& context, ResetServiceSpecificCredentialRequest input) override;
  Task<> UpdateServiceSpecificCredential(wire::Context& context,
                                         UpdateServiceSpecificCredentialRequest input) override;
  Task<> DeleteServiceSpecificCredential(wire::Context& context,
                                         DeleteServiceSpecificCredentialRequest input) override;

 private:
  /// Gives the credential a new secret, which is returned.
  std::string renew(ServiceCredentialRecord& record) const;
};

}  // namespace martlet::iam
