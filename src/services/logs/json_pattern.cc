#include "services/logs/json_pattern.h"

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/logs/filter_syntax.h"

namespace martlet::logs {

namespace {

namespace json = boost::json;

/// "*" of a selector: any property, or any element.
struct Wildcard {};
/// One step of a selector: a property's name, an element's index, or all of them.
using Step = std::variant<std::string, std::size_t, Wildcard>;

struct Condition {
  enum class Kind { kCompare, kIsTrue, kIsFalse, kIsNull, kExists, kNotExists };
  std::vector<Step> selector;
  Kind kind = Kind::kCompare;
  Comparison comparison;
};

std::size_t parse_index(Cursor& cursor) {
  const std::string_view digits = cursor.take_while([](char c) { return c >= '0' && c <= '9'; });
  std::size_t index = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (read.ec != std::errc()) cursor.fail("an array index is not a number");
  return index;
}

std::vector<Step> parse_selector(Cursor& cursor) {
  std::vector<Step> steps;
  cursor.expect("$");
  for (;;) {
    if (cursor.consume("[")) {
      steps.push_back(cursor.consume("*") ? Step(Wildcard{}) : Step(parse_index(cursor)));
      if (!cursor.consume("]")) cursor.fail("an array index is not closed");
    } else if (cursor.consume(".")) {
      std::string name(cursor.take_while([](char c) { return is_word_character(c) || c == '-'; }));
      if (name.empty() && !cursor.consume("*")) cursor.fail("a property has no name");
      steps.push_back(name.empty() ? Step(Wildcard{}) : Step(std::move(name)));
    } else if (steps.empty()) {
      cursor.fail("a selector names no property");
    } else {
      return steps;
    }
  }
}

Condition::Kind parse_kind(Cursor& cursor) {
  if (cursor.consume_keyword("IS")) {
    if (cursor.consume_keyword("TRUE")) return Condition::Kind::kIsTrue;
    if (cursor.consume_keyword("FALSE")) return Condition::Kind::kIsFalse;
    if (cursor.consume_keyword("NULL")) return Condition::Kind::kIsNull;
    cursor.fail("IS is followed by TRUE, FALSE or NULL");
  }
  if (cursor.consume_keyword("NOT")) {
    if (cursor.consume_keyword("EXISTS")) return Condition::Kind::kNotExists;
    cursor.fail("NOT is followed by EXISTS");
  }
  if (cursor.consume_keyword("EXISTS")) return Condition::Kind::kExists;
  return Condition::Kind::kCompare;
}

bool compare(const json::value& value, const Comparison& comparison) {
  if (const json::string* text = value.if_string())
    return comparison.matches_string({text->data(), text->size()});
  // A comparison applies to values; arrays, objects and null never match, not even with "!=".
  if (const bool* flag = value.if_bool()) return comparison.matches_string(*flag ? "true" : "false");
  if (!value.is_number()) return false;
  Number number = 0;
  if (const std::int64_t* integer = value.if_int64()) number = static_cast<Number>(*integer);
  if (const std::uint64_t* large = value.if_uint64()) number = static_cast<Number>(*large);
  if (const double* real = value.if_double()) number = static_cast<Number>(*real);
  if (comparison.needs_number()) return comparison.matches_number(number, {});
  std::array<char, 64> text;
  std::to_chars_result end{};
  if (const std::int64_t* integer = value.if_int64()) end = std::to_chars(text.begin(), text.end(), *integer);
  if (const std::uint64_t* large = value.if_uint64()) end = std::to_chars(text.begin(), text.end(), *large);
  if (const double* real = value.if_double()) end = std::to_chars(text.begin(), text.end(), *real);
  return comparison.matches_number(number, {text.data(), static_cast<std::size_t>(end.ptr - text.data())});
}

/// Whether `holds` is true of any value that the selector, from `step` on, leads to.
template <class Holds>
bool any_selected(const json::value& value, const std::vector<Step>& selector, std::size_t step,
                  const Holds& holds) {
  if (step == selector.size()) return holds(value);
  const auto descend = [&](const json::value& child) {
    return any_selected(child, selector, step + 1, holds);
  };
  const json::object* object = value.if_object();
  const json::array* array = value.if_array();
  if (const auto* name = std::get_if<std::string>(&selector[step])) {
    const json::value* child = object ? object->if_contains(*name) : nullptr;
    return child && descend(*child);
  }
  if (const auto* index = std::get_if<std::size_t>(&selector[step])) {
    return array && *index < array->size() && descend((*array)[*index]);
  }
  if (object) {
    for (const json::key_value_pair& member : *object) {
      if (descend(member.value())) return true;
    }
  } else if (array) {
    for (const json::value& element : *array) {
      if (descend(element)) return true;
    }
  }
  return false;
}

bool holds(const Condition& condition, const json::value& document) {
  const auto any = [&](const auto& test) { return any_selected(document, condition.selector, 0, test); };
  switch (condition.kind) {
    case Condition::Kind::kIsTrue:
      return any([](const json::value& v) { return v.is_bool() && v.get_bool(); });
    case Condition::Kind::kIsFalse:
      return any([](const json::value& v) { return v.is_bool() && !v.get_bool(); });
    case Condition::Kind::kIsNull:
      return any([](const json::value& v) { return v.is_null(); });
    case Condition::Kind::kExists:
      return any([](const json::value&) { return true; });
    case Condition::Kind::kNotExists:
      return !any([](const json::value&) { return true; });
    case Condition::Kind::kCompare:
      break;
  }
  return any([&](const json::value& v) { return compare(v, condition.comparison); });
}

class JsonMatcher : public Matcher {
 public:
  explicit JsonMatcher(Cursor cursor) {
    cursor.expect("{");
    std::size_t regexes = 0;
    expression_ = Expression::parse(cursor, [&](Cursor& at) {
      conditions_.push_back(parse_condition(at, regexes));
      return conditions_.size() - 1;
    });
    cursor.expect("}");
    if (!cursor.at_end()) cursor.fail("text follows the closing brace");
  }

  [[nodiscard]] bool matches(std::string_view message) const override {
    const std::size_t start = message.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos || (message[start] != '{' && message[start] != '[')) return false;
    std::array<unsigned char, 4096> buffer;
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::parse_options options;
    options.max_depth = 128;
    json::error_code error;
    const json::value document = json::parse({message.data(), message.size()}, error, &memory, options);
    if (error) return false;
    return expression_.evaluate([&](std::size_t leaf) { return holds(conditions_[leaf], document); });
  }

 private:
  static Condition parse_condition(Cursor& cursor, std::size_t& regexes) {
    Condition condition;
    condition.selector = parse_selector(cursor);
    condition.kind = parse_kind(cursor);
    if (condition.kind == Condition::Kind::kCompare)
      condition.comparison = Comparison::parse(cursor, regexes);
    return condition;
  }

  Expression expression_;
  std::vector<Condition> conditions_;
};

}  // namespace

std::shared_ptr<const Matcher> compile_json_pattern(std::string_view pattern) {
  return std::make_shared<JsonMatcher>(Cursor(pattern));
}

}  // namespace martlet::logs
