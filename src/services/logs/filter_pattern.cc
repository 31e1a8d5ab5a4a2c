#include "services/logs/filter_pattern.h"

#include <string>
#include <vector>

#include "services/logs/fields_pattern.h"
#include "services/logs/filter_syntax.h"
#include "services/logs/json_pattern.h"

namespace martlet::logs {

namespace {

/// A word, a phrase or a regular expression to look for anywhere in a message.
struct Term {
  std::string text;
  std::shared_ptr<const Regex> regex;

  [[nodiscard]] bool occurs_in(std::string_view message) const {
    return regex ? regex->occurs_in(message) : message.find(text) != std::string_view::npos;
  }
};

/// Unstructured patterns. Terms marked with "?" only count where there are no others, as AWS documents.
class TermsMatcher : public Matcher {
 public:
  explicit TermsMatcher(Cursor cursor) {
    std::size_t regexes = 0;
    for (cursor.skip_space(); !cursor.at_end(); cursor.skip_space()) add_term(cursor, regexes);
  }

  [[nodiscard]] bool matches(std::string_view message) const override {
    if (required_.empty() && excluded_.empty()) return any_optional(message);
    for (const Term& term : required_) {
      if (!term.occurs_in(message)) return false;
    }
    for (const Term& term : excluded_) {
      if (term.occurs_in(message)) return false;
    }
    return true;
  }

 private:
  void add_term(Cursor& cursor, std::size_t& regexes) {
    std::vector<Term>* kind = &required_;
    if (cursor.consume("?")) {
      kind = &optional_;
    } else if (cursor.consume("-")) {
      kind = &excluded_;
    }
    cursor.skip_space();
    kind->push_back(parse_term(cursor, regexes));
  }

  static Term parse_term(Cursor& cursor, std::size_t& regexes) {
    if (cursor.peek() == '"') return {cursor.quoted(), nullptr};
    if (cursor.peek() == '%') return {{}, parse_regex(cursor, regexes)};
    std::string word(cursor.take_while([](char c) { return !is_space(c); }));
    if (word.empty()) cursor.fail("a term is missing");
    for (const char c : word) {
      if (!is_word_character(c)) cursor.fail("invalid character(s) in term '" + word + "'");
    }
    return {std::move(word), nullptr};
  }

  [[nodiscard]] bool any_optional(std::string_view message) const {
    for (const Term& term : optional_) {
      if (term.occurs_in(message)) return true;
    }
    return false;
  }

  std::vector<Term> required_;
  std::vector<Term> excluded_;
  std::vector<Term> optional_;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

FilterPattern FilterPattern::compile(std::string_view pattern) {
  FilterPattern result;
  const std::string_view text = trim(pattern);
  if (text.size() > kMaxLength) Cursor(text).fail("it is longer than 1024 characters");
  if (text.empty()) return result;
  if (text.front() == '{') {
    result.matcher_ = compile_json_pattern(text);
  } else if (text.front() == '[') {
    result.matcher_ = compile_fields_pattern(text);
  } else {
    result.matcher_ = std::make_shared<TermsMatcher>(Cursor(text));
  }
  return result;
}

}  // namespace martlet::logs
