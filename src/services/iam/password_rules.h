#pragma once

// Passwords of login profiles: what the account's password policy demands of them, and how they are kept.
// Nobody signs in to Martlet with a password; they are stored so that tools that manage them work.

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/secret_box.h"
#include "services/iam/account_records.h"

namespace martlet::iam {

/// Throws PasswordPolicyViolation unless `password` is what the account's policy, or without one AWS's
/// default, asks for. `account` is its number, `user` the user's name.
void check_password(const std::optional<PasswordPolicyRecord>& policy, const std::string& account,
                    const std::string& user, const std::string& password);

/// Puts the password into `login`; `place` says whose it is.
void set_password(LoginProfileRecord& login, const std::string& password, const std::string& place, Ids& ids,
                  const SecretBox& secrets);
bool is_password(const LoginProfileRecord& login, const std::string& password, const std::string& place,
                 const SecretBox& secrets);

}  // namespace martlet::iam
