#pragma once

// What the dialects differ in: which operators there are, limits, and how a refusal is worded. After
// "Comparison operators for use in event patterns" (EventBridge User Guide; its column for pipes holds for
// event source mappings, too) and "Filter policy constraints" (SNS Developer Guide).

#include <cstddef>
#include <string_view>

#include "patterns/pattern.h"

namespace martlet::patterns {

/// What a dialect allows or not.
enum class Allowed : bool { kNo, kYes };
/// How the numbers of a pattern that stand for themselves are compared.
enum class ExactNumbers : bool { kAsText, kByValue };

struct Rules {
  /// Bytes for SNS, characters for the others.
  std::size_t max_size;
  /// Of the numbers that are compared, either way.
  double number_limit;
  std::string_view number_limit_text;
  /// Products of the numbers of alternatives: of $or alone, or of all values and their depth (SNS).
  std::size_t max_combinations;
  /// Fields of the pattern itself; 0: any number.
  std::size_t max_keys;
  ExactNumbers exact_numbers;
  /// A pattern without fields: matches everything.
  Allowed empty;
  Allowed nested;
  Allowed wildcard;
  Allowed cidr;
  /// {"prefix": {"equals-ignore-case": ...}}, and the same of suffix.
  Allowed affixes_ignoring_case;
  /// {"anything-but": {"prefix": ...}} and the other operators there.
  Allowed anything_but_operators;

  static const Rules& of(Dialect dialect);
};

inline bool is_sns(Dialect dialect) {
  return dialect == Dialect::kSnsAttributes || dialect == Dialect::kSnsBody;
}

/// Throws InvalidPattern, worded as the dialect's service does.
[[noreturn]] void refuse(Dialect dialect, std::string_view reason);

}  // namespace martlet::patterns
