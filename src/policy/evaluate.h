#pragma once

// The decision: may a principal do an action on a resource, given all the policies that apply? It follows the
// pages on policy evaluation logic of the IAM User Guide: within one account, across accounts, and how an
// Allow of a resource-based policy relates to what other policies leave out. Pure; called from anywhere. A
// decision costs microseconds and, but for what variables expand to and traces hold, no allocation.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"
#include "policy/keys.h"
#include "policy/request.h"

namespace martlet::policy {

/// How a policy takes part in a decision. Another kind that limits what others grant (service control
/// policies, for one) would be a further member here and in PolicySet, and a further limit in evaluate.cc.
enum class PolicyType : std::uint8_t { kIdentity, kBoundary, kSession, kResource };

/// What an Allow of a resource-based policy is worth.
enum class ResourceRule : std::uint8_t {
  /// Within one account it suffices, as does one of an identity-based policy.
  kEither,
  /// There is no access without it, not even for the account's root user: KMS key policies. Naming the
  /// account
  /// leaves the rest to identity-based policies.
  kRequired,
  /// The same, and the policy is a role's trust policy, of which denials speak by that name.
  kRoleTrust,
};

/// The policies that apply to a request; empty where there are none.
struct PolicySet {
  /// Of the user and its groups, of the role.
  PolicyGroup identity = {};
  /// At most one.
  PolicyPtr boundary = {};
  /// Passed when the session was made; none means that it is not limited so.
  PolicyGroup session = {};
  /// Of the resource.
  PolicyPtr resource = {};
  ResourceRule resource_rule = ResourceRule::kEither;

  /// Whether any of them asks for tags of the resource: for others, nobody needs to find them.
  [[nodiscard]] bool names_resource_tags() const;
};

enum class Outcome : std::uint8_t {
  kAllowed,
  /// Nothing denies it and something that would have to allow it does not.
  kImplicitDeny,
  kExplicitDeny,
};

struct Decision {
  Outcome outcome = Outcome::kImplicitDeny;
  /// Of a denial: where it is denied, or which type of policy would have to allow it; one of them, when there
  /// are several. Of an Allow: which type grants it.
  PolicyType type = PolicyType::kIdentity;

  [[nodiscard]] bool allowed() const { return outcome == Outcome::kAllowed; }
};

/// A statement that applied.
struct MatchedStatement {
  PolicyType type;
  const Policy* policy;
  /// Its number within the policy, from 0.
  std::size_t statement;
  Effect effect;
};

/// How a decision came about, for those who want to know: simulation, audit.
struct Trace {
  /// Every statement that applied.
  std::vector<MatchedStatement> matched;
  /// Condition keys that statements asked for in vain; lower case.
  std::vector<std::string> missing_keys;
  /// All that they asked for.
  std::vector<AskedKey> asked_keys;
};

/// `request.principal` must be set. With a trace, every statement is looked at, which takes longer.
Decision evaluate(const Request& request, const PolicySet& policies, Trace* trace = nullptr);

/// The words of AWS's access denied errors: "User: ARN is not authorized to perform: ACTION on resource:
/// RESOURCE because no identity-based policy allows the ACTION action", "… with an explicit deny in a
/// resource-based policy". `decision` must be a denial.
std::string denial_message(const Request& request, const Decision& decision,
                           ResourceRule rule = ResourceRule::kEither);

/// What messages call policies of this type: "identity-based policy".
std::string_view named(PolicyType type, ResourceRule rule = ResourceRule::kEither);

}  // namespace martlet::policy
