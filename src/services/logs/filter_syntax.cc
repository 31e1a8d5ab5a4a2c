#include "services/logs/filter_syntax.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/error.h"
#include "base/strings.h"

namespace martlet::logs {

namespace {

/// Regular expressions in one JSON or space-delimited pattern, at most.
constexpr std::size_t kMaxRegexes = 2;
/// Parentheses within parentheses, at most.
constexpr int kMaxDepth = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What an operand may consist of without quotes.
bool is_bare_character(char c) {
  constexpr std::string_view kNotBare = ",[](){}&|=<>!\"%$\\@'";
  return c > 0x20 && c < 0x7F && kNotBare.find(c) == std::string_view::npos;
}

bool is_regex_character(char c) {
  constexpr std::string_view kSymbols = ":_#=@/;,-^$?[]{}|\\*+.";
  return is_word_character(c) || kSymbols.find(c) != std::string_view::npos;
}

}  // namespace

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

void Cursor::skip_space() { take_while(is_space); }

bool Cursor::consume(std::string_view token) {
  if (!text_.substr(position_).starts_with(token)) return false;
  position_ += token.size();
  return true;
}

void Cursor::expect(std::string_view token) {
  skip_space();
  if (!consume(token))
    fail("expected '" + std::string(token) + "' at position " + std::to_string(position_ + 1));
}

bool Cursor::consume_keyword(std::string_view keyword) {
  skip_space();
  const std::size_t start = position_;
  if (to_lower(take_while(is_word_character)) == to_lower(keyword)) return true;
  position_ = start;
  return false;
}

std::string Cursor::quoted() {
  std::string text;
  for (++position_; !at_end(); ++position_) {
    char c = text_[position_];
    if (c == '"') {
      ++position_;
      return text;
    }
    if (c == '\\' && position_ + 1 < text_.size()) {
      const char next = text_[position_ + 1];
      if (next == '"' || next == '\\') c = text_[++position_];
    }
    text += c;
  }
  fail("a quotation mark is not closed");
}

std::string Cursor::percent_quoted() {
  ++position_;
  std::string text(take_while([](char c) { return c != '%'; }));
  if (!consume("%")) fail("a percent sign is not closed");
  return text;
}

void Cursor::fail(const std::string& reason) const {
  throw aws::Error("InvalidParameterException", "Invalid filter pattern: " + reason);
}

Regex::Regex(const std::string& expression, const Cursor& cursor) {
  if (expression.empty()) cursor.fail("a regular expression is empty");
  if (!std::ranges::all_of(expression, is_regex_character)) {
    cursor.fail("the regular expression '" + expression + "' has a character that is not supported");
  }
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  expression_ = std::make_unique<re2::RE2>(expression, options);
  if (!expression_->ok()) cursor.fail("regular expression: " + expression_->error());
}

Regex::~Regex() = default;

bool Regex::occurs_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

std::shared_ptr<const Regex> parse_regex(Cursor& cursor, std::size_t& count) {
  if (++count > kMaxRegexes) cursor.fail("more than 2 regular expressions");
  return std::make_shared<const Regex>(cursor.percent_quoted(), cursor);
}

std::optional<Number> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !(is_digit(digits[0]) || digits[0] == '.'))
    return std::nullopt;  // no "inf", no "nan"
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto read = std::from_chars(text.data(), end, integer);
      read.ec == std::errc() && read.ptr == end) {
    return static_cast<Number>(integer);
  }
  double real = 0;
  if (const auto read = std::from_chars(text.data(), end, real); read.ec == std::errc() && read.ptr == end) {
    return static_cast<Number>(real);
  }
  return std::nullopt;
}

Comparison Comparison::parse(Cursor& cursor, std::size_t& regexes) {
  Comparison result;
  cursor.skip_space();
  result.operator_ = parse_operator(cursor);
  cursor.skip_space();
  result.parse_operand(cursor, regexes);
  if (result.operator_ > Operator::kNotEqual && !result.number_)
    cursor.fail("<, <=, > and >= compare numbers");
  return result;
}

Comparison::Operator Comparison::parse_operator(Cursor& cursor) {
  if (cursor.consume("!=")) return Operator::kNotEqual;
  if (cursor.consume("<=")) return Operator::kLessOrEqual;
  if (cursor.consume(">=")) return Operator::kGreaterOrEqual;
  if (cursor.consume("=")) return Operator::kEqual;
  if (cursor.consume("<")) return Operator::kLess;
  if (cursor.consume(">")) return Operator::kGreater;
  cursor.fail("a comparison operator is missing");
}

void Comparison::parse_operand(Cursor& cursor, std::size_t& regexes) {
  if (cursor.peek() == '%') {
    regex_ = parse_regex(cursor, regexes);
    return;
  }
  if (cursor.peek() == '"') {
    set_text(cursor.quoted());
    return;
  }
  const std::string_view bare = cursor.take_while(is_bare_character);
  if (bare.empty()) cursor.fail("a value is missing, or needs quotation marks");
  number_ = parse_number(bare);
  if (number_) {
    text_ = bare;
  } else {
    set_text(std::string(bare));
  }
}

void Comparison::set_text(std::string text) {
  if (text.starts_with('*')) {
    open_start_ = true;
    text.erase(0, 1);
  }
  if (text.ends_with('*')) {
    open_end_ = true;
    text.pop_back();
  }
  if (text.empty() && open_start_) open_end_ = true;  // "*" alone
  text_ = std::move(text);
}

bool Comparison::equals_text(std::string_view text) const {
  if (regex_) return regex_->occurs_in(text);
  if (open_start_ && open_end_) return text.find(text_) != std::string_view::npos;
  if (open_start_) return text.ends_with(text_);
  if (open_end_) return text.starts_with(text_);
  return text == text_;
}

bool Comparison::compare(Number value) const {
  // Parsers of fractions may differ in the last place.
  const Number tolerance = 4 * std::numeric_limits<double>::epsilon() * std::fabs(*number_);
  const bool whole = std::floor(value) == value && std::floor(*number_) == *number_;
  const bool equal = whole ? value == *number_ : std::fabs(value - *number_) <= tolerance;
  switch (operator_) {
    case Operator::kEqual:
      return equal;
    case Operator::kNotEqual:
      return !equal;
    case Operator::kLess:
      return !equal && value < *number_;
    case Operator::kLessOrEqual:
      return equal || value < *number_;
    case Operator::kGreater:
      return !equal && value > *number_;
    case Operator::kGreaterOrEqual:
      return equal || value > *number_;
  }
  return false;
}

bool Comparison::matches_field(std::string_view text) const {
  if (number_) {
    if (const std::optional<Number> value = parse_number(text)) return compare(*value);
  }
  return matches_string(text);
}

bool Comparison::matches_string(std::string_view text) const {
  if (operator_ > Operator::kNotEqual) return false;
  return equals_text(text) == (operator_ == Operator::kEqual);
}

bool Comparison::matches_number(Number value, std::string_view text) const {
  return number_ ? compare(value) : matches_string(text);
}

namespace {

using ParseLeaf = std::function<std::size_t(Cursor&)>;

Expression parse_any(Cursor& cursor, const ParseLeaf& parse_leaf, int depth);

Expression parse_operand(Cursor& cursor, const ParseLeaf& parse_leaf, int depth) {
  cursor.skip_space();
  if (cursor.consume("(")) {
    if (depth == kMaxDepth) cursor.fail("parentheses are nested too deeply");
    Expression inner = parse_any(cursor, parse_leaf, depth + 1);
    cursor.expect(")");
    return inner;
  }
  Expression leaf;
  leaf.leaf = parse_leaf(cursor);
  return leaf;
}

/// One or more operands joined by `joint`.
template <class ParseOperand>
Expression parse_joined(Cursor& cursor, std::string_view joint, Expression::Kind kind,
                        const ParseOperand& parse) {
  Expression first = parse();
  cursor.skip_space();
  if (!cursor.consume(joint)) return first;
  Expression all;
  all.kind = kind;
  all.children.push_back(std::move(first));
  do {
    all.children.push_back(parse());
    cursor.skip_space();
  } while (cursor.consume(joint));
  return all;
}

Expression parse_any(Cursor& cursor, const ParseLeaf& parse_leaf, int depth) {
  const auto operand = [&] { return parse_operand(cursor, parse_leaf, depth); };
  const auto all = [&] { return parse_joined(cursor, "&&", Expression::Kind::kAll, operand); };
  return parse_joined(cursor, "||", Expression::Kind::kAny, all);
}

}  // namespace

Expression Expression::parse(Cursor& cursor, const ParseLeaf& parse_leaf) {
  return parse_any(cursor, parse_leaf, 0);
}

}  // namespace martlet::logs
