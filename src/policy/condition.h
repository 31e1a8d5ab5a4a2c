#pragma once

// One line of a Condition element: an operator, a key, and the values it is compared with. Compiled once;
// immutable.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/keys.h"
#include "policy/values.h"
#include "policy/wildcard.h"

namespace martlet::policy {

enum class Comparison : std::uint8_t {
  kStringEquals,
  kStringEqualsIgnoreCase,
  kStringLike,
  kNumericEquals,
  kNumericLessThan,
  kNumericLessThanEquals,
  kNumericGreaterThan,
  kNumericGreaterThanEquals,
  kDateEquals,
  kDateLessThan,
  kDateLessThanEquals,
  kDateGreaterThan,
  kDateGreaterThanEquals,
  kBool,
  kBinaryEquals,
  kIpAddress,
  /// ArnEquals and ArnLike, which do the same.
  kArn,
  kNull,
};

/// How a key with several values is compared.
enum class Quantifier : std::uint8_t { kNone, kForAllValues, kForAnyValue };

struct Operator {
  Comparison comparison = Comparison::kStringEquals;
  Quantifier quantifier = Quantifier::kNone;
  bool negated = false;
  bool if_exists = false;

  /// "StringEquals", "ForAllValues:StringNotLikeIfExists"; nullopt when there is no such operator.
  static std::optional<Operator> parse(std::string_view name);
};

class Condition {
 public:
  Condition(Operator how, std::string_view key, const std::vector<std::string>& values, Variables variables);

  [[nodiscard]] bool holds(KeyReader& reader) const;
  /// Appends the keys that it compares and that its variables name.
  void add_keys(std::vector<std::string>& keys) const;

 private:
  /// monostate: a text that is none of the operator's type; it equals nothing.
  using Value = std::variant<std::monostate, Pattern, Number, Instant, IpRange, std::string>;

  [[nodiscard]] Value compile(std::string_view text, Variables variables) const;
  [[nodiscard]] bool holds_for_all_or_any(const ContextValues& found, KeyReader& reader) const;
  /// Whether a value of the request matches any value of the policy, negation left aside.
  [[nodiscard]] bool matches_any(std::string_view actual, KeyReader& reader) const;

  Operator how_;
  Key key_;
  std::vector<Value> values_;
};

}  // namespace martlet::policy
