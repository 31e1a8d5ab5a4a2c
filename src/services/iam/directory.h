#pragma once

// Directory: IAM as those see it who have to decide. Who is behind an access key, which policies does a user
// or role have, what may assume a role. Reads are kept in memory until something of IAM changes, so that
// asking again costs a look-up; generation() tells whether it has, which is what compiled policies can be
// kept by. Owned by the IAM service. Lives on the loop.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/secret_box.h"
#include "services/iam/account_records.h"
#include "services/iam/iam_store.h"
#include "services/iam/records.h"
#include "store/store.h"

namespace martlet::iam {

/// A policy of a user, group or role.
struct IdentityPolicy {
  enum class Kind { kInline, kManaged };
  Kind kind = Kind::kInline;
  /// Where it comes from: kUser, kGroup or kRole, and its name. A user also has the policies of its groups.
  std::string_view noun;
  std::string owner;
  std::string name;
  /// Of a managed policy; empty for inline ones.
  std::string arn;
  std::string document;
};

/// A user, group or role with everything that decides what it may do.
struct Identity {
  /// kUser, kGroup or kRole.
  std::string_view noun;
  std::string account;
  std::string name;
  std::string path;
  std::string id;
  std::string arn;
  std::vector<TagRecord> tags;
  std::vector<IdentityPolicy> policies;
  std::optional<IdentityPolicy> boundary;
  /// Of roles alone.
  std::string trust_policy;
  std::int32_t max_session_seconds = 0;
  /// The generation in which all this was true.
  std::uint64_t generation = 0;
};

/// A long-term access key and whose it is.
struct AccessKeyOwner {
  std::string id;
  std::string secret;
  bool active = false;
  std::string account;
  std::string user;
  std::string user_id;
  std::string user_arn;
};

class Directory {
 public:
  Directory(store::Store& store, const SecretBox& secrets) : store_(store), secrets_(secrets) {}

  /// Rises with every commit that changes users, groups, roles, policies, keys or providers of any account.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// For the service: something has changed.
  void changed() { ++generation_; }

  /// Null when no user has such a key. Keys that are not active are found too.
  Task<std::shared_ptr<const AccessKeyOwner>> access_key(std::string id);
  /// Null when there is none. Names are not told apart by case.
  Task<std::shared_ptr<const Identity>> user(std::string account, std::string name);
  Task<std::shared_ptr<const Identity>> group(std::string account, std::string name);
  Task<std::shared_ptr<const Identity>> role(std::string account, std::string name);
  /// By ARN ("arn:aws:iam::123456789012:role/path/name"); null also when it names none of these.
  Task<std::shared_ptr<const Identity>> identity(std::string arn);

  /// Null when there is none.
  Task<std::shared_ptr<const InstanceProfileRecord>> instance_profile(std::string account, std::string name);
  /// The customer managed policy of this ARN; nullopt when there is none.
  Task<std::optional<PolicyRecord>> policy(std::string arn);
  /// The default version of a managed policy that somebody in `account` can be given; nullopt when there is
  /// none of this ARN.
  Task<std::optional<std::string>> policy_document(std::string account, std::string arn);

  /// Empty when there is no such certificate.
  Task<std::string> server_certificate_arn(std::string account, std::string name);

  /// The provider of this ARN; nullopt when there is none.
  Task<std::optional<OidcProviderRecord>> oidc_provider(std::string arn);
  Task<std::optional<SamlProviderRecord>> saml_provider(std::string arn);

  /// The store has been cleared.
  void reset() { changed(); }

 private:
  Task<std::shared_ptr<const Identity>> find(Principal who);
  void drop_outdated();

  store::Store& store_;
  const SecretBox& secrets_;
  std::uint64_t generation_ = 1;

  /// What was read in `read_in_`. Null for what was not there.
  std::uint64_t read_in_ = 1;
  std::unordered_map<std::string, std::shared_ptr<const Identity>> identities_;
  std::unordered_map<std::string, std::shared_ptr<const AccessKeyOwner>> keys_;
  std::unordered_map<std::string, std::shared_ptr<const InstanceProfileRecord>> profiles_;
};

}  // namespace martlet::iam
