#pragma once

// What a pattern says of one field: alternatives, of which the value must satisfy one. Plain values,
// immutable once compiled; shared by patterns and matchers.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/cidr.h"
#include "patterns/json_tree.h"
#include "patterns/wildcard.h"

namespace martlet::patterns {

/// A number in millionths: EventBridge compares six digits to the right of the decimal point.
using Millionths = std::int64_t;

/// nullopt for numbers beyond what any dialect compares, 5.0e9 either way.
std::optional<Millionths> millionths(double number);

/// Both bounds are part of it.
struct Range {
  Millionths low = 0;
  Millionths high = 0;
};

struct Alternative {
  enum class Kind : std::uint8_t {
    /// The string `text`.
    kString,
    /// The number that is written `text`.
    kNumber,
    kTrue,
    kFalse,
    kNull,
    kRange,
    kPrefix,
    kSuffix,
    kEqualsIgnoreCase,
    kPrefixIgnoreCase,
    kSuffixIgnoreCase,
    kWildcard,
    kCidr,
    kExists,
    kAbsent,
    /// Anything that none of `except` accepts.
    kAnythingBut,
  };

  Kind kind = Kind::kNull;
  /// Of those that ignore case: folded. Of kWildcard: as it was written.
  std::string text{};
  Range range{};
  Wildcard wildcard{};
  Cidr cidr{};
  std::vector<Alternative> except{};

  /// Whether a value, a scalar, satisfies it. kAbsent never does.
  [[nodiscard]] bool accepts(const JsonNode& value) const;
};

class Condition {
 public:
  explicit Condition(std::vector<Alternative> alternatives);

  [[nodiscard]] const std::vector<Alternative>& alternatives() const { return alternatives_; }
  [[nodiscard]] bool accepts(const JsonNode& value) const;
  /// Whether a field that is not there satisfies it.
  [[nodiscard]] bool accepts_absence() const { return accepts_absence_; }
  /// The same for conditions that say the same, different for others.
  [[nodiscard]] const std::string& identity() const { return identity_; }
  /// How many values satisfy it, roughly: the lower, the fewer.
  [[nodiscard]] int breadth() const;

 private:
  std::vector<Alternative> alternatives_;
  std::string identity_;
  bool accepts_absence_ = false;
};

}  // namespace martlet::patterns
