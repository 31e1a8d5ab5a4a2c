#pragma once

// A simulated request: the policies that are to apply, the circumstances, and what follows from them for one
// action on one resource, in the terms of IAM's policy simulation. Values only: free of stores and loops.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/iam/types.h"
#include "base/time.h"
#include "policy/document.h"
#include "policy/evaluate.h"
#include "policy/positions.h"
#include "policy/request.h"

namespace martlet::iam {

/// A policy that takes part in a simulation.
struct SimulatedPolicy {
  /// Compiles `document`. Throws InvalidInput when it is no policy. `id` and `type` are what answers call it:
  /// "PolicyInputList.1" and a PolicySourceType.
  SimulatedPolicy(std::string id, std::string_view type, std::string document);

  std::string id;
  std::string type;
  std::string document;
  policy::PolicyPtr compiled;
};

class Simulation {
 public:
  /// Who is simulated; without it, nobody in particular of `account`.
  void set_principal(policy::Principal principal) { principal_ = std::move(principal); }
  /// The account that resources belong to whose ARN names none.
  void set_resource_owner(std::string account) { owner_ = std::move(account); }
  void set_now(TimePoint now) { now_ = now; }
  /// Condition keys with their values. Throws InvalidInput.
  void set_context(const std::vector<ContextEntry>& entries);

  void add_identity(SimulatedPolicy policy) { identity_.push_back(std::move(policy)); }
  void set_boundary(SimulatedPolicy policy) { boundary_.emplace(std::move(policy)); }
  void set_resource_policy(SimulatedPolicy policy) { resource_.emplace(std::move(policy)); }

  [[nodiscard]] EvaluationResult evaluate(const std::string& action, const std::string& resource) const;

 private:
  [[nodiscard]] std::vector<Statement> matched(const policy::Trace& trace, policy::Effect effect) const;
  [[nodiscard]] const SimulatedPolicy* find(const policy::Policy* compiled) const;
  [[nodiscard]] std::string spelled(const std::string& key) const;

  policy::Principal principal_{.kind = policy::PrincipalKind::kUser};
  std::string owner_;
  TimePoint now_;
  policy::ContextList context_;
  std::vector<SimulatedPolicy> identity_;
  std::optional<SimulatedPolicy> boundary_;
  std::optional<SimulatedPolicy> resource_;
};

/// The condition keys that policies name, as they spell them, each once, in alphabetical order.
std::vector<std::string> context_keys(const std::vector<SimulatedPolicy>& policies);

}  // namespace martlet::iam
