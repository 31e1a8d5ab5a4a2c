#pragma once

// Authorizer: may this caller do this? It puts together the caller, the rule of the operation, and the
// policies that apply, asks the policy room, and words the refusal as the service does. Under audit it lets
// everything through and records what it would have refused. Owned by the server, which makes one unless
// everybody may do everything. Lives on the loop; what it is given outlives it.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "authorization/audit.h"
#include "authorization/policies.h"
#include "authorization/policy_cache.h"
#include "authorization/request_keys.h"
#include "authorization/rules.h"
#include "authorization/usage.h"
#include "base/clock.h"
#include "policy/evaluate.h"

namespace martlet::authorization {

enum class Mode { kAudit, kEnforce };

/// One thing that somebody wants to do.
struct Ask {
  std::string_view action;
  std::string_view resource = "*";
  /// The call that it is part of; null for what happens inside the server.
  const wire::Context* context = nullptr;
  /// Keys beyond the global ones; may be null.
  const policy::Context* keys = nullptr;
  /// How audit and usage remember the resource, where each of its kind is used once only; empty: as it is.
  std::string_view remembered_as = {};
  /// To assume a role: its trust policy, which must allow it. Null: the resource is any other.
  const std::string* trust_policy = nullptr;
};

class Authorizer {
 public:
  Authorizer(const Clock& clock, Mode mode, IdentityPolicies& identities)
      : clock_(clock), mode_(mode), identities_(identities, compiler_) {}
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;

  /// Without rules a service is nobody's but root's.
  void add_service(const wire::ServiceModel& model, ServiceRules rules);
  /// `arn_service`: the third part of the ARNs of those resources ("lambda").
  void add_resource_policies(std::string arn_service, ResourcePolicies& policies);

  /// Whether the caller may run the operation with this input (null for operations that have none). Throws
  /// aws::Error when it may not.
  Task<> authorize(const Caller& caller, const wire::Context& context, const wire::ServiceModel& service,
                   const wire::Operation& operation, const void* input);

  /// Why the caller may not do one thing, in AWS's words; nullopt when it may. Under audit that is recorded,
  /// and it may.
  Task<std::optional<std::string>> refusal(const Caller& caller, Ask ask);

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] Audit& audit() { return audit_; }
  /// What functions did.
  [[nodiscard]] Usage& usage() { return usage_; }

 private:
  /// As refusal(), with nothing recorded.
  Task<std::optional<std::string>> decide(const Caller& caller, Ask ask);
  Task<policy::PolicyPtr> resource_policy(std::string_view resource);
  /// Records what audit lets through; returns whether it does.
  bool lets_through(const Caller& caller, std::string_view action, std::string_view resource,
                    const std::string& message);

  const Clock& clock_;
  Mode mode_;
  Compiler compiler_;
  IdentityCache identities_;
  std::map<std::string, ResourceCache, std::less<>> resources_;
  std::map<const wire::ServiceModel*, Rules> services_;
  Audit audit_;
  Usage usage_;
};

}  // namespace martlet::authorization
