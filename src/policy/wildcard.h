#pragma once

// Texts with wildcards and variables, as actions, resources and condition values are written: * stands for
// any run of characters, ? for one, ${key} for the value of a condition key in the request. Compiled once;
// matching neither recurses nor allocates (but for what variables expand to), and takes at most as many steps
// as pattern and subject have characters, multiplied. Immutable values.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/keys.h"

namespace martlet::policy {

/// What * and ? mean in a text.
enum class Wildcards : std::uint8_t {
  /// Nothing special.
  kNone,
  /// Any characters.
  kText,
  /// ArnEquals and ArnLike: within one of the six parts of an ARN; in the last, which may hold colons, any
  /// characters.
  kArn,
  /// The Resource element: as kArn, but a * that ends a part may also reach over the parts that follow.
  kResource,
};

/// Variables came with version 2012-10-17 of the policy language; in earlier policies ${ is text.
enum class Variables : std::uint8_t { kText, kExpanded };
/// kFolded: `subject` is given in lower case.
enum class Case : std::uint8_t { kSensitive, kFolded };

class Pattern {
 public:
  Pattern(std::string_view text, Wildcards wildcards, Variables variables, Case letters = Case::kSensitive);

  /// A variable that has no value matches nothing. Values of variables are never wildcards.
  [[nodiscard]] bool matches(std::string_view subject, KeyReader& reader) const;
  /// The only text that it can match; nullptr when it has wildcards or variables.
  [[nodiscard]] const std::string* only_text() const { return literal_ && !never_ ? &code_ : nullptr; }
  /// What every text that it can match begins with; all of it when there is only one such text.
  [[nodiscard]] std::string_view prefix() const { return std::string_view(code_).substr(0, prefix_); }
  /// Calls `take` with each text that whatever it matches must hold.
  template <class Take>
  void each_literal(Take take) const {
    std::string_view rest = code_;
    while (!rest.empty()) {
      const std::size_t length = literal_length(rest);
      take(rest.substr(0, length));
      rest.remove_prefix(std::min(length + 1, rest.size()));
    }
  }
  /// Appends the keys that its variables name.
  void add_keys(std::vector<std::string>& keys) const;

 private:
  struct Variable {
    Key key;
    /// From ${key, 'default'}.
    std::optional<std::string> fallback;
  };

  class Compiler;
  /// Of what stands before the first wildcard or variable in a part of code_.
  static std::size_t literal_length(std::string_view code);
  [[nodiscard]] bool matches_expanded(std::string_view subject, KeyReader& reader) const;

  /// The text, with bytes that no UTF-8 has in place of wildcards and variables.
  std::string code_;
  std::vector<Variable> variables_;
  /// Bytes before the first wildcard and after the last; together the whole of a text without any.
  std::uint32_t prefix_ = 0;
  std::uint32_t suffix_ = 0;
  Case letters_;
  bool literal_ = false;
  bool never_ = false;
  /// A wildcard that is held to its part follows one that is not: a single point to return to will not do.
  bool mixed_ = false;
};

}  // namespace martlet::policy
