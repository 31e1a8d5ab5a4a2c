#pragma once

// The parts that the kinds of filter pattern have in common: reading the pattern's text, regular expressions,
// the comparison of a value with an operand, and conditions joined by && and ||.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace martlet::logs {

bool is_space(char c);
/// A letter or digit of ASCII, or an underscore: what a term may consist of without quotes.
bool is_word_character(char c);

/// Reads a pattern from left to right. A view: the pattern outlives it.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
  /// The next character; '\0' at the end.
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }
  void skip_space();
  /// Steps over `token` if it comes next.
  bool consume(std::string_view token);
  /// consume() after white space; fails with "expected …" when something else comes.
  void expect(std::string_view token);
  /// A keyword after white space, in either case, that ends where the word ends.
  bool consume_keyword(std::string_view keyword);
  template <class Predicate>
  std::string_view take_while(Predicate wanted) {
    const std::size_t start = position_;
    while (!at_end() && wanted(text_[position_])) ++position_;
    return text_.substr(start, position_ - start);
  }
  /// A string in double quotes; \" and \\ stand for the character alone.
  std::string quoted();
  /// The text between two percent signs.
  std::string percent_quoted();

  /// Throws aws::Error InvalidParameterException: "Invalid filter pattern: `reason`".
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

/// A regular expression of the subset that CloudWatch Logs supports: no parentheses, ASCII only.
class Regex {
 public:
  /// Fails through `cursor` when `expression` is not of the subset or does not compile.
  Regex(const std::string& expression, const Cursor& cursor);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  [[nodiscard]] bool occurs_in(std::string_view text) const;

 private:
  std::unique_ptr<re2::RE2> expression_;
};

/// Reads %expression%. `count` is the number in this pattern so far; AWS allows two.
std::shared_ptr<const Regex> parse_regex(Cursor& cursor, std::size_t& count);

/// Wide enough to hold every 64-bit integer exactly.
using Number = long double;

/// A number with an optional sign, fraction and exponent; nullopt when `text` is anything else.
std::optional<Number> parse_number(std::string_view text);

/// `= 400`, `!= "a*"`, `> 5e-3`, `= %regex%`.
class Comparison {
 public:
  /// Reads the operator and the operand.
  static Comparison parse(Cursor& cursor, std::size_t& regexes);

  /// A text that is a number where the operand is one: a field of a space-delimited message.
  [[nodiscard]] bool matches_field(std::string_view text) const;
  /// A text that is never a number: a JSON string.
  [[nodiscard]] bool matches_string(std::string_view text) const;
  /// `text` is the number as it reads in a message.
  [[nodiscard]] bool matches_number(Number value, std::string_view text) const;
  [[nodiscard]] bool needs_number() const { return number_.has_value(); }

 private:
  enum class Operator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  static Operator parse_operator(Cursor& cursor);
  void parse_operand(Cursor& cursor, std::size_t& regexes);
  void set_text(std::string text);
  [[nodiscard]] bool equals_text(std::string_view text) const;
  [[nodiscard]] bool compare(Number value) const;

  Operator operator_ = Operator::kEqual;
  std::optional<Number> number_;
  std::shared_ptr<const Regex> regex_;
  /// The operand without the asterisks at its ends, each of which stands for any text.
  std::string text_;
  bool open_start_ = false;
  bool open_end_ = false;
};

/// Conditions joined by && (which binds tighter) and ||, with parentheses. A leaf is a number that the
/// pattern gave it.
struct Expression {
  enum class Kind { kLeaf, kAll, kAny };
  Kind kind = Kind::kLeaf;
  std::size_t leaf = 0;
  std::vector<Expression> children;

  /// `parse_leaf` reads one condition and returns its number.
  static Expression parse(Cursor& cursor, const std::function<std::size_t(Cursor&)>& parse_leaf);

  template <class Holds>
  [[nodiscard]] bool evaluate(const Holds& holds) const {
    if (kind == Kind::kLeaf) return holds(leaf);
    for (const Expression& child : children) {
      if (child.evaluate(holds) == (kind == Kind::kAny)) return kind == Kind::kAny;
    }
    return kind == Kind::kAll;
  }
};

}  // namespace martlet::logs
