#pragma once

// The other half of IAM's data in the store. Below "iam":
//   (access-key, key id)                  AccessKeyRecord: a caller is known by the id alone
//   (use, id of a user, role or key)      UsesRecord
//   (access-report, account, job id)      AccessReportRecord
//   (login, account, user)                LoginProfileRecord
//   (ssh-key, account, user, key id)      SshKeyRecord
//   (mfa-device, account, path and name)  MfaDeviceRecord
//   (signing-certificate, account, user, certificate id)   SigningCertificateRecord
//   (service-credential, account, user, credential id)     ServiceCredentialRecord
//   (oidc-provider, account, url)         OidcProviderRecord
//   (saml-provider, account, name)        SamlProviderRecord
//   (password-policy, account)            PasswordPolicyRecord
//   (alias, account)                      LinkRecord: the account's alias
//   (alias-owner, alias)                  LinkRecord: the account that has it
//   (role-deletion, account, task id)     RoleDeletionRecord
//   (credential-report, account)          CredentialReportRecord
// Everything happens inside the caller's transaction.

#include <string>

#include "base/strings.h"
#include "services/iam/account_records.h"
#include "services/iam/credential_records.h"
#include "store/key.h"

namespace martlet::iam::keys {

inline store::Key access_key(const std::string& id) { return store::Key("iam", "access-key", id); }
inline store::Key uses(const std::string& id) { return store::Key("iam", "use", id); }
inline store::Key access_reports(const std::string& account) {
  return store::Key("iam", "access-report", account);
}
inline store::Key login(const std::string& account, const std::string& user) {
  return store::Key("iam", "login", account, to_lower(user));
}
inline store::Key ssh_keys(const std::string& account, const std::string& user) {
  return store::Key("iam", "ssh-key", account, to_lower(user));
}
inline store::Key mfa_devices(const std::string& account) { return store::Key("iam", "mfa-device", account); }
inline store::Key signing_certificates(const std::string& account) {
  return store::Key("iam", "signing-certificate", account);
}
inline store::Key signing_certificates(const std::string& account, const std::string& user) {
  return signing_certificates(account).add(to_lower(user));
}
inline store::Key service_credentials(const std::string& account) {
  return store::Key("iam", "service-credential", account);
}
inline store::Key service_credentials(const std::string& account, const std::string& user) {
  return service_credentials(account).add(to_lower(user));
}
inline store::Key oidc_providers(const std::string& account) {
  return store::Key("iam", "oidc-provider", account);
}
inline store::Key saml_providers(const std::string& account) {
  return store::Key("iam", "saml-provider", account);
}
inline store::Key password_policy(const std::string& account) {
  return store::Key("iam", "password-policy", account);
}
inline store::Key alias(const std::string& account) { return store::Key("iam", "alias", account); }
inline store::Key alias_owner(const std::string& alias) { return store::Key("iam", "alias-owner", alias); }
inline store::Key role_deletion(const std::string& account, const std::string& task) {
  return store::Key("iam", "role-deletion", account, task);
}
inline store::Key credential_report(const std::string& account) {
  return store::Key("iam", "credential-report", account);
}

}  // namespace martlet::iam::keys
