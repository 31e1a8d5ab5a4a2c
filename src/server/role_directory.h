#pragma once

// What STS is told of IAM: roles, providers, whose keys are whose. Lives on the loop.

#include "server/credentials.h"
#include "services/iam/directory.h"
#include "services/sts/dependencies.h"

namespace martlet::server {

class RoleDirectory final : public sts::Identities {
 public:
  /// Both outlive it.
  RoleDirectory(iam::Directory& directory, const Credentials& credentials)
      : directory_(directory), credentials_(credentials) {}

  Task<std::optional<sts::Role>> role(std::string arn) override;
  Task<std::optional<sts::Provider>> provider(std::string arn) override;
  Task<bool> policy_exists(std::string account, std::string arn) override;
  Task<std::string> account_of_key(std::string access_key_id) override;

 private:
  iam::Directory& directory_;
  const Credentials& credentials_;
};

}  // namespace martlet::server
