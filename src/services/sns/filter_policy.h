#pragma once

// Filter policies: which messages of its topic a subscription wants. Their language is that of
// patterns/pattern.h; here are the limits that SNS sets to it. Plain functions.

#include <map>
#include <string>
#include <string_view>

#include "patterns/pattern.h"
#include "services/sns/records.h"

namespace martlet::sns {

/// FilterPolicyScope: what of a message a policy is about.
enum class FilterScope { kAttributes, kBody };
FilterScope filter_scope(std::string_view text);

/// How large a policy is, as SNS counts.
struct FilterPolicySize {
  /// Keys with conditions, at every depth.
  std::size_t keys = 0;
  /// The product, over those keys, of their number of conditions times their depth; the alternatives of an
  /// "$or" are added up.
  std::size_t combinations = 0;
};

/// Of a policy that Pattern::parse() takes. Never overflows: what is too much is a large number.
FilterPolicySize size_of_filter_policy(std::string_view json);

/// Checks the policy's form and size. Throws InvalidParameter.
patterns::Pattern compile_filter_policy(std::string_view json, FilterScope scope);

/// A message as policies of either scope see it.
patterns::Event attributes_event(const std::map<std::string, MessageAttribute>& attributes);

}  // namespace martlet::sns
