#pragma once

// The access keys that this server knows: the root key of an enforcing server, those of IAM's users, the
// temporary credentials with which functions call it, and those of STS. Lives on the loop.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"
#include "gateway/auth.h"
#include "services/iam/directory.h"
#include "services/lambda/function_name.h"
#include "services/sts/session_tokens.h"

namespace martlet::server {

struct RootKey {
  std::string access_key_id;
  std::string secret_access_key;
};

/// The root key in `file`. Makes one, readable by its owner only, and says so on the log where there is none.
/// Throws std::runtime_error when the file cannot be read or written, or when others than its owner may read
/// it.
RootKey open_root_key(const std::string& file, Ids& ids);

class Credentials final : public gateway::CredentialSource {
 public:
  Credentials(const Clock& clock, Ids& ids) : clock_(clock), ids_(ids) {}

  /// One key of each account's root user.
  void set_root(const RootKey& key, const std::string& account);

  struct Request {
    lambda::FunctionName function;
    /// What the function acts as.
    std::string role_arn;
    /// The role's unique id ("AROA..."), empty when the role is not stored here.
    std::string role_id;
    /// Tag of the environment that they are for. Inside environments they are good in that one alone.
    std::string environment;
    Duration lifetime;
  };
  /// New credentials, as the environment variables that SDKs read. Good until they expire, the environment
  /// has ended, or has been given newer ones a few times. They expire in elapsed time, as environments live:
  /// moving the clock ahead leaves nobody with credentials that are over.
  std::map<std::string, std::string> issue(const Request& request);

  /// Those of that environment are nobody's from now on.
  void revoke(const std::string& environment);

  /// Forgets those of functions.
  void reset();

  /// Keys of IAM users are found from now on.
  void set_directory(iam::Directory& directory) { directory_ = &directory; }

  /// Temporary credentials of STS are known from now on; `directory` holds the managed policies that they
  /// name.
  void set_sessions(const sts::SessionTokens& tokens, iam::Directory& directory) {
    sessions_ = &tokens;
    session_policies_ = &directory;
  }

  /// The account of the root key, or of a key of a function; empty for others.
  [[nodiscard]] std::string account_of(const std::string& access_key_id) const;

  /// Whether a function was given this key.
  [[nodiscard]] bool is_of_function(const std::string& access_key_id) const;

  Task<std::optional<gateway::Credentials>> find(std::string access_key_id,
                                                 std::string session_token) override;

 private:
  struct Key {
    gateway::Credentials credentials;
    /// Of a function: until when they are good, in elapsed time.
    std::optional<Duration> good_until = {};
  };
  /// A session that was opened, with its managed policies as they were in that generation of IAM.
  struct OpenSession {
    gateway::Credentials credentials;
    std::uint64_t generation = 0;
  };
  Task<std::optional<gateway::Credentials>> find_session(std::string access_key_id,
                                                         std::string session_token);
  Task<std::optional<gateway::Credentials>> find_user(std::string access_key_id);

  const Clock& clock_;
  iam::Directory* directory_ = nullptr;
  Ids& ids_;
  const sts::SessionTokens* sessions_ = nullptr;
  iam::Directory* session_policies_ = nullptr;
  std::unordered_map<std::string, OpenSession> open_sessions_;
  std::unordered_map<std::string, Key> by_key_;
  std::unordered_map<std::string, std::deque<std::string>> keys_of_environment_;
};

}  // namespace martlet::server
