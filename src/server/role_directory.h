#pragma once

// What STS is told of IAM: roles, providers, whose keys are whose, and whether codes of devices for
// multi-factor authentication are right. Lives on the loop.

#include "server/credentials.h"
#include "services/iam/directory.h"
#include "services/iam/mfa_codes.h"
#include "services/sts/dependencies.h"

namespace martlet::server {

class RoleDirectory final : public sts::Identities, public sts::SecondFactors {
 public:
  /// All outlive it.
  RoleDirectory(iam::Directory& directory, iam::MfaCodes& codes, const Credentials& credentials)
      : directory_(directory), codes_(codes), credentials_(credentials) {}

  Task<std::optional<sts::Role>> role(std::string arn) override;
  Task<std::optional<sts::Provider>> provider(std::string arn) override;
  Task<std::optional<std::string>> saml_metadata(std::string provider_arn) override;
  Task<bool> policy_exists(std::string account, std::string arn) override;
  Task<std::string> account_of_key(std::string access_key_id) override;
  Task<sts::SecondFactor> confirm(const wire::Caller& caller, std::string serial_number,
                                  std::string code) override;

 private:
  iam::Directory& directory_;
  iam::MfaCodes& codes_;
  const Credentials& credentials_;
};

}  // namespace martlet::server
