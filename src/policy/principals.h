#pragma once

// The Principal and NotPrincipal elements, and how closely they name who acts: that decides what else limits
// an Allow (AWS's "policy evaluation logic"). Compiled once; immutable.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/request.h"

namespace martlet::policy {

/// How a Principal element names somebody, from not at all to personally.
enum class Naming : std::uint8_t {
  kNot,
  /// By the account, which delegates to that account's own policies.
  kAccount,
  /// By the role of a session, or by the user of a federated session: what limits the session still does.
  kEntity,
  /// As the user, the session, the service, the root user; or as everybody.
  kItself,
};

/// Whether such principals belong to an account, whose policies apply to them.
bool has_account(PrincipalKind kind);

class Principals {
 public:
  enum class Type : std::uint8_t { kAws, kService, kFederated, kCanonicalUser };

  /// "*"; also what {"AWS": "*"} means.
  void add_everybody() { everybody_ = true; }
  void add(Type type, std::string_view who);

  [[nodiscard]] Naming names(const Principal& principal) const;
  /// Whether NotPrincipal with this list spares somebody: a session must be listed with its role and its
  /// account, a user with its account.
  [[nodiscard]] bool spares(const Principal& principal) const;

 private:
  [[nodiscard]] bool lists(Type type, std::string_view who) const;
  [[nodiscard]] bool lists_entity(const Principal& principal) const;
  [[nodiscard]] bool lists_account(const Principal& principal) const;

  struct Entry {
    Type type;
    /// An account is its twelve digits, however it was written.
    std::string who;
  };
  bool everybody_ = false;
  std::vector<Entry> entries_;
};

}  // namespace martlet::policy
