#pragma once

// Authorizer: may this caller do this? It puts together the caller, the rule of the operation, and the
// policies that apply, asks the policy room, and words the refusal as the service does. Under audit it lets
// everything through and records what it would have refused. Observing, it decides nothing. In each mode it
// remembers what functions do. Owned by the server. Lives on the loop; what it is given outlives it.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "authorization/audit.h"
#include "authorization/authorization_message.h"
#include "authorization/denial.h"
#include "authorization/policies.h"
#include "authorization/policy_cache.h"
#include "authorization/request_keys.h"
#include "authorization/rules.h"
#include "authorization/usage.h"
#include "base/clock.h"
#include "policy/evaluate.h"

namespace martlet::authorization {

enum class Mode { kObserve, kAudit, kEnforce };

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
  /// Without `messages` the details of refusals are told to nobody.
  Authorizer(const Clock& clock, Mode mode, IdentityPolicies& identities,
             const AuthorizationMessages* messages = nullptr)
      : clock_(clock),
        mode_(mode),
        messages_(messages),
        identities_(identities, compiler_),
        usage_(clock.now()) {}
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;

  /// Without rules a service is nobody's but root's.
  void add_service(const wire::ServiceModel& model, ServiceRules rules);
  /// `arn_service`: the third part of the ARNs of those resources ("lambda").
  void add_resource_policies(std::string arn_service, ResourcePolicies& policies);
  /// Likewise.
  void add_resource_tags(std::string arn_service, ResourceTags& tags);

  /// Whether the caller may run the operation with this input (null for operations that have none). Throws
  /// aws::Error when it may not, with the encoded authorization message as a header.
  Task<> authorize(const Caller& caller, const wire::Context& context, const wire::ServiceModel& service,
                   const wire::Operation& operation, const void* input);

  /// Why the caller may not do one thing; nullopt when it may. Under audit that is recorded, and it may.
  Task<std::optional<Denial>> refusal(const Caller& caller, Ask ask);

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] Audit& audit() { return audit_; }
  /// What functions did.
  [[nodiscard]] Usage& usage() { return usage_; }

 private:
  /// As refusal(), with nothing recorded.
  Task<std::optional<Denial>> decide(const Caller& caller, Ask ask);
  /// Remembers what a function does; its call goes on whatever comes of it.
  Task<> observe(const Caller& caller, const wire::Context& context, const wire::ServiceModel& service,
                 const wire::Operation& operation, const void* input);
  /// What decide() has come to.
  struct Refusal {
    const policy::Request& request;
    const policy::PolicySet& policies;
    const policy::Decision& decision;
  };
  /// The encoded authorization message: decides once more, looking at everything.
  [[nodiscard]] std::string encoded(const Refusal& refusal, const CompiledIdentity& identity) const;
  /// Whether somebody will see the details of a refusal.
  [[nodiscard]] bool wants_details(const Caller& caller, const Ask& ask, const std::string& message) const;
  Task<policy::PolicyPtr> resource_policy(std::string_view resource);
  /// Null also when no policy asks for them.
  Task<TagKeysPtr> resource_tags(std::string_view resource, const policy::PolicySet& policies);
  /// Records what audit lets through; returns whether it does.
  bool lets_through(const Caller& caller, std::string_view action, std::string_view resource,
                    const Denial& denial);

  const Clock& clock_;
  Mode mode_;
  const AuthorizationMessages* messages_;
  Compiler compiler_;
  IdentityCache identities_;
  std::map<std::string, ResourceCache, std::less<>> resources_;
  std::map<std::string, TagCache, std::less<>> tags_;
  std::map<const wire::ServiceModel*, Rules> services_;
  Audit audit_;
  Usage usage_;
};

}  // namespace martlet::authorization
