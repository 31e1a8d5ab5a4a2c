#include "patterns/dialect.h"

#include <fmt/format.h>

namespace martlet::patterns {
namespace {

constexpr Rules kEventBridgeRules{
    .max_size = 4096,
    .number_limit = 5.0e9,
    .number_limit_text = "5.0E9",
    .max_combinations = 1000,
    .max_keys = 0,
    .exact_numbers = ExactNumbers::kAsText,
    .empty = Allowed::kNo,
    .nested = Allowed::kYes,
    .wildcard = Allowed::kYes,
    .cidr = Allowed::kYes,
    .affixes_ignoring_case = Allowed::kYes,
    .anything_but_operators = Allowed::kYes,
};

constexpr Rules kEventSourceMappingRules = [] {
  Rules rules = kEventBridgeRules;
  rules.wildcard = Allowed::kNo;
  rules.cidr = Allowed::kNo;
  rules.anything_but_operators = Allowed::kNo;
  return rules;
}();

constexpr Rules kSnsBodyRules{
    .max_size = std::size_t{256} * 1024,
    .number_limit = 1.0e9,
    .number_limit_text = "1.0E9",
    .max_combinations = 150,
    .max_keys = 5,
    .exact_numbers = ExactNumbers::kByValue,
    .empty = Allowed::kYes,
    .nested = Allowed::kYes,
    .wildcard = Allowed::kYes,
    .cidr = Allowed::kYes,
    .affixes_ignoring_case = Allowed::kNo,
    .anything_but_operators = Allowed::kYes,
};

constexpr Rules kSnsAttributesRules = [] {
  Rules rules = kSnsBodyRules;
  rules.nested = Allowed::kNo;
  return rules;
}();

}  // namespace

const Rules& Rules::of(Dialect dialect) {
  switch (dialect) {
    case Dialect::kEventSourceMapping:
      return kEventSourceMappingRules;
    case Dialect::kSnsAttributes:
      return kSnsAttributesRules;
    case Dialect::kSnsBody:
      return kSnsBodyRules;
    case Dialect::kEventBridge:
      break;
  }
  return kEventBridgeRules;
}

void refuse(Dialect dialect, std::string_view reason) {
  switch (dialect) {
    case Dialect::kEventSourceMapping:
      throw InvalidPattern("Invalid filter pattern definition.");
    case Dialect::kSnsAttributes:
    case Dialect::kSnsBody:
      throw InvalidPattern(fmt::format("FilterPolicy: {}", reason));
    case Dialect::kEventBridge:
      break;
  }
  throw InvalidPattern(fmt::format("Event pattern is not valid. Reason: {}", reason));
}

}  // namespace martlet::patterns
