#pragma once

// Temporary credentials: made here, and known again by their session token alone, which is a sealed record of
// whose they are, with the secret key inside. Every node that has the key file can read it; nothing is
// stored. Values; free of threads and loops.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/secret_box.h"
#include "base/time.h"
#include "wire/context.h"

namespace martlet::sts {

struct TemporaryCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  TimePoint expires;
  /// With its session, and the access key id.
  wire::Caller caller;
  /// Managed policies that limit the session besides the documents in caller.session.
  std::vector<std::string> policy_arns;
  /// Of a federated user: the unique id of the user that asked for them; empty for root's.
  std::string entity_id = {};
};

/// Whether those who are given sessions had to prove who they are and what they may.
enum class Callers { kBelieved, kVerified };

class SessionTokens {
 public:
  /// Both outlive it.
  SessionTokens(const SecretBox& secrets, Ids& ids, Callers callers)
      : secrets_(secrets), ids_(ids), callers_(callers) {}

  /// New credentials for `caller`, whose session must be there.
  [[nodiscard]] TemporaryCredentials issue(wire::Caller caller, std::vector<std::string> policy_arns,
                                           TimePoint expires, std::string entity_id = {}) const;
  /// What was issued, expired or not. nullopt when the token was not made here, or for another key, or where
  /// callers are verified but were believed when it was issued: an open server gives everybody everything,
  /// and that must not outlast it.
  [[nodiscard]] std::optional<TemporaryCredentials> open(const std::string& access_key_id,
                                                         const std::string& session_token) const;

 private:
  [[nodiscard]] std::optional<TemporaryCredentials> open_from(const std::string& access_key_id,
                                                              const std::string& session_token,
                                                              Callers issued_to) const;

  const SecretBox& secrets_;
  Ids& ids_;
  Callers callers_;
};

/// An id for a temporary access key, which tells the account.
std::string new_temporary_key_id(const std::string& account, Ids& ids);

/// The account that the id of a temporary access key was made for: it is encoded there. Empty when the id has
/// another form.
std::string account_in_key(std::string_view access_key_id);

}  // namespace martlet::sts
