#include "services/sns/filter_policy.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <vector>

#include "services/sns/errors.h"
#include "services/sns/limits.h"

namespace martlet::sns {

namespace {

namespace json = boost::json;

constexpr std::size_t kTooMany = 1'000'000'000;
/// Deeper than any policy that is small enough.
constexpr std::size_t kMaxDepth = 200;

std::size_t times(std::size_t a, std::size_t b) { return a == 0 || b <= kTooMany / a ? a * b : kTooMany; }

FilterPolicySize size_of(const json::object& object, std::size_t depth);

/// Alternatives: objects of which any may match.
FilterPolicySize size_of_alternatives(const json::array& alternatives, std::size_t depth) {
  FilterPolicySize size;
  for (const json::value& alternative : alternatives) {
    if (!alternative.is_object()) continue;
    const FilterPolicySize one = size_of(alternative.as_object(), depth);
    size.keys += one.keys;
    size.combinations = std::min(kTooMany, size.combinations + one.combinations);
  }
  return size;
}

bool is_alternatives(std::string_view key, const json::value& value) {
  return key == "$or" && value.is_array() &&
         std::ranges::all_of(value.as_array(), [](const json::value& item) { return item.is_object(); });
}

FilterPolicySize size_of(const json::object& object, std::size_t depth) {
  FilterPolicySize size{.keys = 0, .combinations = 1};
  if (depth > kMaxDepth) return {.keys = kTooMany, .combinations = kTooMany};
  for (const auto& member : object) {
    FilterPolicySize one;
    if (is_alternatives(member.key(), member.value()))
      one = size_of_alternatives(member.value().as_array(), depth);
    else if (member.value().is_object())
      one = size_of(member.value().as_object(), depth + 1);
    else if (member.value().is_array())
      one = {.keys = 1, .combinations = times(member.value().as_array().size(), depth)};
    size.keys += one.keys;
    size.combinations = times(size.combinations, one.combinations);
  }
  return size;
}

}  // namespace

FilterScope filter_scope(std::string_view text) {
  return text == "MessageBody" ? FilterScope::kBody : FilterScope::kAttributes;
}

FilterPolicySize size_of_filter_policy(std::string_view text) {
  boost::system::error_code failed;
  const json::value document = json::parse(text, failed);
  if (failed || !document.is_object()) return {};
  return size_of(document.as_object(), 1);
}

patterns::Pattern compile_filter_policy(std::string_view text, FilterScope scope) {
  if (text.size() > kMaxFilterPolicyBytes)
    throw invalid_parameter("FilterPolicy: Filter policy is larger than 256 KB");
  const auto dialect =
      scope == FilterScope::kBody ? patterns::Dialect::kSnsBody : patterns::Dialect::kSnsAttributes;
  std::string problem;
  try {
    patterns::Pattern pattern = patterns::Pattern::parse(text, dialect);
    const FilterPolicySize size = size_of_filter_policy(text);
    if (size.keys > kMaxFilterKeys)
      problem = "FilterPolicy: Filter policy can not have more than 5 keys";
    else if (size.combinations > kMaxFilterCombinations)
      problem = "FilterPolicy: Filter policy is too complex";
    else
      return pattern;
  } catch (const patterns::InvalidPattern& error) {
    problem = error.what();
  }
  throw invalid_parameter(problem);
}

patterns::Event attributes_event(const std::map<std::string, MessageAttribute>& attributes) {
  std::vector<patterns::Attribute> seen;
  seen.reserve(attributes.size());
  for (const auto& [name, attribute] : attributes)
    seen.push_back({.name = name, .type = attribute.type, .value = attribute.value});
  return patterns::Event::from_attributes(seen);
}

}  // namespace martlet::sns
