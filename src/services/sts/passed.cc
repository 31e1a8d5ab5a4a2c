#include "services/sts/passed.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "policy/check.h"
#include "policy/document.h"
#include "services/sts/errors.h"
#include "services/sts/limits.h"

namespace martlet::sts {

namespace {

std::size_t policy_characters(const Passed& passed) {
  std::size_t size = 0;
  for (const std::string& policy : passed.policies) size += policy.size();
  for (const std::string& arn : passed.policy_arns) size += arn.size();
  return size;
}

std::size_t packed_percent(const Passed& passed) {
  std::size_t size = policy_characters(passed);
  for (const auto& [key, value] : passed.tags) size += key.size() + value.size();
  return (size * 100 + kMaxPackedBytes - 1) / kMaxPackedBytes;
}

bool has_tag(const Passed& passed, const std::string& key) {
  return std::any_of(passed.tags.begin(), passed.tags.end(),
                     [&](const auto& tag) { return to_lower(tag.first) == to_lower(key); });
}

}  // namespace

std::optional<std::int32_t> Passed::packed_size() const {
  if (policies.empty() && policy_arns.empty() && tags.empty()) return std::nullopt;
  return static_cast<std::int32_t>(packed_percent(*this));
}

void add_policies(Passed& passed, const std::optional<std::string>& policy,
                  const std::optional<std::vector<PolicyDescriptorType>>& arns) {
  if (policy) {
    try {
      policy::check(*policy, policy::Kind::kIdentity);
    } catch (const policy::InvalidPolicy& why) {
      throw malformed_policy(why.what());
    }
    passed.policies.push_back(*policy);
  }
  if (!arns) return;
  if (arns->size() > kMaxPolicyArns)
    throw validation_error(
        "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
        "Member must have length less than or equal to " +
        std::to_string(kMaxPolicyArns));
  for (const PolicyDescriptorType& descriptor : *arns) {
    if (!descriptor.arn) throw validation_error("An entry of PolicyArns has no arn.");
    passed.policy_arns.push_back(*descriptor.arn);
  }
}

void add_tags(Passed& passed, const std::vector<Tag>& tags, const std::vector<std::string>& transitive_keys) {
  std::set<std::string> seen;
  for (const Tag& tag : tags) {
    if (!seen.insert(to_lower(tag.key)).second)
      throw invalid_parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    passed.tags.emplace_back(tag.key, tag.value);
  }
  for (const std::string& key : transitive_keys) {
    if (!has_tag(passed, key))
      throw invalid_parameter("The specified transitive tag key must be included in the requested tags.");
    passed.transitive_tag_keys.push_back(key);
  }
}

void inherit_tags(Passed& passed, const wire::Session& session) {
  for (const std::string& key : session.transitive_tag_keys) {
    if (has_tag(passed, key))
      throw invalid_parameter(
          "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag "
          "key from the calling session.");
  }
  for (const std::string& key : session.transitive_tag_keys) {
    for (const auto& tag : session.tags)
      if (to_lower(tag.first) == to_lower(key)) passed.tags.push_back(tag);
    passed.transitive_tag_keys.push_back(key);
  }
}

void check_size(const Passed& passed) {
  const std::size_t percent =
      std::max(packed_percent(passed), policy_characters(passed) * 100 / kMaxPolicyCharacters);
  if (policy_characters(passed) > kMaxPolicyCharacters || packed_percent(passed) > 100)
    throw packed_policy_too_large(percent);
}

Task<> require_policies(const Passed& passed, std::string account, Identities& identities) {
  for (const std::string& arn : passed.policy_arns)
    if (!co_await identities.policy_exists(account, arn))
      throw validation_error("The policy " + arn + " does not exist or cannot be attached.");
}

void add_tag_keys(const Passed& passed, policy::ContextList& keys) {
  if (passed.tags.empty()) return;
  std::vector<std::string> names;
  for (const auto& [key, value] : passed.tags) {
    keys.set("aws:RequestTag/" + key, value);
    names.push_back(key);
  }
  keys.set("aws:TagKeys", std::move(names));
  if (!passed.transitive_tag_keys.empty()) keys.set("sts:TransitiveTagKeys", passed.transitive_tag_keys);
}

}  // namespace martlet::sts
