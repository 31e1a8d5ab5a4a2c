#pragma once

// What STS is made with: the roles and providers that IAM stores, and who decides whether a role trusts
// somebody. The server implements both. All on the loop.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "authorization/denial.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/secret_box.h"
#include "base/task.h"
#include "net/client.h"
#include "policy/request.h"
#include "services/sts/second_factor.h"
#include "services/sts/session_tokens.h"
#include "wire/context.h"

namespace martlet::sts {

struct Role {
  std::string arn;
  /// "AROA…"
  std::string id;
  std::string account;
  std::string name;
  std::int32_t max_session_seconds = 0;
  std::string trust_policy;
};

/// An OpenID Connect provider of an account.
struct Provider {
  std::string arn;
  /// Without "https://".
  std::string url;
  std::vector<std::string> client_ids;
};

class Identities {
 public:
  virtual ~Identities() = default;
  virtual Task<std::optional<Role>> role(std::string arn) = 0;
  virtual Task<std::optional<Provider>> provider(std::string arn) = 0;
  /// The metadata document of the SAML provider of this ARN.
  virtual Task<std::optional<std::string>> saml_metadata(std::string provider_arn) = 0;
  /// Whether the account may use the managed policy of this ARN.
  virtual Task<bool> policy_exists(std::string account, std::string arn) = 0;
  /// The account of a long-term access key, or of one of a function; empty when it is nobody's.
  virtual Task<std::string> account_of_key(std::string access_key_id) = 0;
};

/// One thing that somebody wants to do to a role; `keys` are those that follow from the request's parameters.
struct RoleAsk {
  const wire::Context& context;
  std::string action;
  const Role& role;
  const policy::ContextList& keys;
};

class Trust {
 public:
  virtual ~Trust() = default;
  /// Why the caller may not; nullopt when it may.
  virtual Task<std::optional<authorization::Denial>> refusal(RoleAsk ask) = 0;
  /// The same for who is known by a provider of this ARN only.
  virtual Task<std::optional<authorization::Denial>> refusal(RoleAsk ask, std::string provider_arn) = 0;
};

struct Dependencies {
  const Clock& clock;
  Ids& ids;
  const SecretBox& secrets;
  Identities& identities;
  Callers callers = Callers::kBelieved;
  /// Null: everybody may assume every role.
  Trust* trust = nullptr;
  /// Null: nobody has a second factor.
  SecondFactors* second_factors = nullptr;
  /// Asks identity providers for their keys.
  net::Client& client;
};

}  // namespace martlet::sts
