#include "policy/condition.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/crypto.h"
#include "base/strings.h"

namespace martlet::policy {

namespace {

struct NamedOperator {
  std::string_view name;
  Comparison comparison;
  bool negated = false;
};

constexpr std::array<NamedOperator, 27> kOperators{{
    {"stringequals", Comparison::kStringEquals},
    {"stringnotequals", Comparison::kStringEquals, true},
    {"stringequalsignorecase", Comparison::kStringEqualsIgnoreCase},
    {"stringnotequalsignorecase", Comparison::kStringEqualsIgnoreCase, true},
    {"stringlike", Comparison::kStringLike},
    {"stringnotlike", Comparison::kStringLike, true},
    {"numericequals", Comparison::kNumericEquals},
    {"numericnotequals", Comparison::kNumericEquals, true},
    {"numericlessthan", Comparison::kNumericLessThan},
    {"numericlessthanequals", Comparison::kNumericLessThanEquals},
    {"numericgreaterthan", Comparison::kNumericGreaterThan},
    {"numericgreaterthanequals", Comparison::kNumericGreaterThanEquals},
    {"dateequals", Comparison::kDateEquals},
    {"datenotequals", Comparison::kDateEquals, true},
    {"datelessthan", Comparison::kDateLessThan},
    {"datelessthanequals", Comparison::kDateLessThanEquals},
    {"dategreaterthan", Comparison::kDateGreaterThan},
    {"dategreaterthanequals", Comparison::kDateGreaterThanEquals},
    {"bool", Comparison::kBool},
    {"binaryequals", Comparison::kBinaryEquals},
    {"ipaddress", Comparison::kIpAddress},
    {"notipaddress", Comparison::kIpAddress, true},
    {"arnequals", Comparison::kArn},
    {"arnnotequals", Comparison::kArn, true},
    {"arnlike", Comparison::kArn},
    {"arnnotlike", Comparison::kArn, true},
    {"null", Comparison::kNull},
}};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

template <class Order>
bool in_order(Comparison comparison, Order order) {
  switch (comparison) {
    case Comparison::kNumericEquals:
    case Comparison::kDateEquals:
      return order == 0;
    case Comparison::kNumericLessThan:
    case Comparison::kDateLessThan:
      return order < 0;
    case Comparison::kNumericLessThanEquals:
    case Comparison::kDateLessThanEquals:
      return order <= 0;
    case Comparison::kNumericGreaterThan:
    case Comparison::kDateGreaterThan:
      return order > 0;
    case Comparison::kNumericGreaterThanEquals:
    case Comparison::kDateGreaterThanEquals:
      return order >= 0;
    default:
      return false;
  }
}

/// The operator's values have one type; what is of another (monostate) was no value of that type.
template <class T, class Values, class Matches>
bool any_of_type(const Values& values, Matches matches) {
  return std::any_of(values.begin(), values.end(), [&](const auto& value) {
    const T* typed = std::get_if<T>(&value);
    return typed && matches(*typed);
  });
}

/// No values at all, or only empty ones: the set operators call that nothing.
bool is_null(const ContextValues& found) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i].empty()) return false;
  }
  return true;
}

}  // namespace

std::optional<Operator> Operator::parse(std::string_view name) {
  const std::string lower = to_lower(name);
  std::string_view rest = lower;
  Operator found;
  if (take_prefix(rest, "forallvalues:"))
    found.quantifier = Quantifier::kForAllValues;
  else if (take_prefix(rest, "foranyvalue:"))
    found.quantifier = Quantifier::kForAnyValue;
  found.if_exists = take_suffix(rest, "ifexists");
  for (const NamedOperator& each : kOperators) {
    if (each.name != rest) continue;
    found.comparison = each.comparison;
    found.negated = each.negated;
    if (found.comparison == Comparison::kNull && found.if_exists) return std::nullopt;
    return found;
  }
  return std::nullopt;
}

Condition::Condition(Operator how, std::string_view key, const std::vector<std::string>& values,
                     Variables variables)
    : how_(how), key_(key) {
  values_.reserve(values.size());
  for (const std::string& value : values) values_.push_back(compile(value, variables));
}

Condition::Value Condition::compile(std::string_view text, Variables variables) const {
  const auto or_none = [](auto parsed) { return parsed ? Value(*std::move(parsed)) : Value(); };
  switch (how_.comparison) {
    case Comparison::kStringEquals:
      return Pattern(text, Wildcards::kNone, variables);
    case Comparison::kStringEqualsIgnoreCase:
    case Comparison::kBool:
      return Pattern(text, Wildcards::kNone, variables, Case::kFolded);
    case Comparison::kStringLike:
      return Pattern(text, Wildcards::kText, variables);
    case Comparison::kArn:
      return Pattern(text, Wildcards::kArn, variables);
    case Comparison::kNull:
      return to_lower(text);
    case Comparison::kBinaryEquals:
      return or_none(base64_decode(text));
    case Comparison::kIpAddress:
      return or_none(IpRange::parse(text));
    case Comparison::kDateEquals:
    case Comparison::kDateLessThan:
    case Comparison::kDateLessThanEquals:
    case Comparison::kDateGreaterThan:
    case Comparison::kDateGreaterThanEquals:
      return or_none(Instant::parse(text));
    default:
      return or_none(Number::parse(text));
  }
}

bool Condition::matches_any(std::string_view actual, KeyReader& reader) const {
  const auto text_matches = [&](std::string_view subject) {
    return any_of_type<Pattern>(values_, [&](const Pattern& p) { return p.matches(subject, reader); });
  };
  switch (how_.comparison) {
    case Comparison::kStringEquals:
    case Comparison::kStringLike:
    case Comparison::kArn:
      return text_matches(actual);
    case Comparison::kStringEqualsIgnoreCase:
    case Comparison::kBool:
      return text_matches(to_lower(actual));
    case Comparison::kBinaryEquals:
      return any_of_type<std::string>(values_, [&](const std::string& bytes) { return bytes == actual; });
    case Comparison::kIpAddress: {
      const auto& address = reader.address(actual);
      return address && any_of_type<IpRange>(values_, [&](const IpRange& r) { return r.contains(*address); });
    }
    case Comparison::kDateEquals:
    case Comparison::kDateLessThan:
    case Comparison::kDateLessThanEquals:
    case Comparison::kDateGreaterThan:
    case Comparison::kDateGreaterThanEquals: {
      const auto time = Instant::parse(actual);
      return time && any_of_type<Instant>(
                         values_, [&](const Instant& i) { return in_order(how_.comparison, *time <=> i); });
    }
    default: {
      const auto number = Number::parse(actual);
      return number && any_of_type<Number>(values_, [&](const Number& n) {
               return in_order(how_.comparison, *number <=> n);
             });
    }
  }
}

bool Condition::holds_for_all_or_any(const ContextValues& found, KeyReader& reader) const {
  const bool for_all = how_.quantifier == Quantifier::kForAllValues;
  if (is_null(found)) return for_all;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool one_holds = matches_any(found[i], reader) != how_.negated;
    if (one_holds != for_all) return one_holds;
  }
  return for_all;
}

bool Condition::holds(KeyReader& reader) const {
  const ContextValues found = reader.values(key_);
  if (how_.comparison == Comparison::kNull) {
    const std::string_view is = is_null(found) ? "true" : "false";
    return any_of_type<std::string>(values_, [&](const std::string& wanted) { return wanted == is; });
  }
  if (found.empty() && how_.if_exists) return true;
  if (how_.quantifier != Quantifier::kNone) return holds_for_all_or_any(found, reader);
  // Without a set operator, a key with several values matches when any of them does.
  bool matched = false;
  for (std::size_t i = 0; i < found.size() && !matched; ++i) matched = matches_any(found[i], reader);
  return matched != how_.negated;
}

void Condition::add_keys(std::vector<std::string>& keys) const {
  keys.push_back(key_.name);
  for (const Value& value : values_) {
    if (const auto* pattern = std::get_if<Pattern>(&value)) pattern->add_keys(keys);
  }
}

}  // namespace martlet::policy
