#pragma once

// A statement of a policy in the form in which it is decided. Immutable, owned by its policy.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/condition.h"
#include "policy/principals.h"
#include "policy/wildcard.h"

namespace martlet::policy {

enum class Effect : std::uint8_t { kAllow, kDeny };

/// An element of a statement that has a negated form: NotAction, NotResource, NotPrincipal.
template <class Content>
struct Element {
  Content content;
  bool negated = false;
};

/// A statement in the form in which it is decided.
struct Statement {
  std::string sid;
  Effect effect = Effect::kDeny;
  /// In lower case.
  Element<std::vector<Pattern>> actions;
  /// Of the actions; lower case, sorted. Empty: any.
  std::vector<std::string> services;
  /// Without it, the statement is about whatever the policy is attached to.
  std::optional<Element<std::vector<Pattern>>> resources;
  std::optional<Element<Principals>> principals;
  /// All must hold.
  std::vector<Condition> conditions;
  /// It has a condition operator that does not exist: it then denies whatever else it covers, or allows
  /// nothing.
  bool unknown_operator = false;
};

}  // namespace martlet::policy
