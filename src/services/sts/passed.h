#pragma once

// What a caller passes to limit and mark a session: policies and tags. Checked as AWS checks them.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/sts/types.h"
#include "base/task.h"
#include "policy/request.h"
#include "services/sts/dependencies.h"
#include "wire/context.h"

namespace martlet::sts {

struct Passed {
  std::vector<std::string> policies;
  std::vector<std::string> policy_arns;
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<std::string> transitive_tag_keys;

  /// Per cent of what is allowed; nullopt when nothing was passed.
  [[nodiscard]] std::optional<std::int32_t> packed_size() const;
};

/// Throws MalformedPolicyDocument, ValidationError.
void add_policies(Passed& passed, const std::optional<std::string>& policy,
                  const std::optional<std::vector<PolicyDescriptorType>>& arns);
/// Throws InvalidParameterValue.
void add_tags(Passed& passed, const std::vector<Tag>& tags, const std::vector<std::string>& transitive_keys);
/// Adds the transitive tags of the session that calls. Throws InvalidParameterValue when one was passed, too.
void inherit_tags(Passed& passed, const wire::Session& session);
/// Throws PackedPolicyTooLarge.
void check_size(const Passed& passed);
/// Throws ValidationError unless all managed policies exist for the account.
Task<> require_policies(const Passed& passed, std::string account, Identities& identities);

/// Sets aws:RequestTag/…, aws:TagKeys and sts:TransitiveTagKeys.
void add_tag_keys(const Passed& passed, policy::ContextList& keys);

}  // namespace martlet::sts
