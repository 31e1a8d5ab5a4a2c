#pragma once

// How IAM's tables of rules are written: what authorization.cc and credential_rules.cc have in common.

#include <initializer_list>
#include <string_view>
#include <vector>

#include "authorization/rules.h"

namespace martlet::iam {

using authorization::KeyRule;
using authorization::OperationRule;

/// Where an operation may leave out the user, it is the caller.
inline constexpr const char* kTheUser = "{UserName|user}";

/// The action that has the operation's own name.
struct Same {
  /// "iam:GetUser"
  const char* action;
  [[nodiscard]] std::string_view operation() const { return std::string_view(action).substr(4); }
};

inline void add(std::vector<OperationRule>& rules, const char* resource, std::initializer_list<Same> actions,
                const std::vector<KeyRule>& keys = {}) {
  for (const Same& same : actions) rules.push_back({same.operation(), {{same.action, resource, keys}}});
}

inline void add_tagging(std::vector<OperationRule>& rules, const char* resource, Same tag, Same untag) {
  rules.push_back({tag.operation(), {{tag.action, resource}}, "Tags"});
  rules.push_back({untag.operation(), {{untag.action, resource}}, "TagKeys"});
}

/// Devices for multi-factor authentication, certificates and service-specific credentials.
void add_credential_rules(std::vector<OperationRule>& rules);

}  // namespace martlet::iam
