#include "services/logs/fields_pattern.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "services/logs/filter_syntax.h"

namespace martlet::logs {

namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

bool is_name_character(char c) { return is_word_character(c) || c == '-' || c == '.' || c == '$'; }

/// Removes the next field from the front of `rest`: a word, or what stands between two brackets or quotation
/// marks.
std::optional<std::string_view> take_field(std::string_view& rest) {
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;
  const char close = rest.front() == '[' ? ']' : '"';
  if (rest.front() == '[' || rest.front() == '"') {
    if (const std::size_t end = rest.find(close, 1); end != std::string_view::npos) {
      const std::string_view field = rest.substr(1, end - 1);
      rest.remove_prefix(end + 1);
      return field;
    }
  }
  std::size_t end = 0;
  while (end < rest.size() && !is_space(rest[end])) ++end;
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end);
  return field;
}

/// The fields of a message, but no more than `most`.
std::vector<std::string_view> split_fields(std::string_view message, std::size_t most) {
  std::vector<std::string_view> fields;
  while (fields.size() < most) {
    const std::optional<std::string_view> field = take_field(message);
    if (!field) break;
    fields.push_back(*field);
  }
  return fields;
}

/// One place of the pattern. Without an expression any text will do.
struct Field {
  std::optional<Expression> expression;
  std::vector<Comparison> comparisons;

  [[nodiscard]] bool accepts(std::string_view text) const {
    return !expression ||
           expression->evaluate([&](std::size_t leaf) { return comparisons[leaf].matches_field(text); });
  }
};

class FieldsMatcher : public Matcher {
 public:
  explicit FieldsMatcher(Cursor cursor) {
    cursor.expect("[");
    std::size_t regexes = 0;
    do {
      cursor.skip_space();
      if (cursor.consume("...")) {
        if (ellipsis_) cursor.fail("there is more than one ellipsis");
        ellipsis_ = fields_.size();
      } else {
        fields_.push_back(parse_field(cursor, regexes));
      }
      cursor.skip_space();
    } while (cursor.consume(","));
    cursor.expect("]");
    if (!cursor.at_end()) cursor.fail("text follows the closing bracket");
  }

  [[nodiscard]] bool matches(std::string_view message) const override {
    const auto texts = split_fields(message, ellipsis_ ? kNoLimit : fields_.size() + 1);
    if (ellipsis_ ? texts.size() < fields_.size() : texts.size() != fields_.size()) return false;
    const std::size_t before = ellipsis_.value_or(fields_.size());
    const std::size_t skipped = texts.size() - fields_.size();
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!fields_[i].accepts(texts[i < before ? i : i + skipped])) return false;
    }
    return true;
  }

 private:
  static Field parse_field(Cursor& cursor, std::size_t& regexes) {
    Field field;
    Cursor ahead = cursor;
    ahead.take_while(is_name_character);
    ahead.skip_space();
    if (ahead.peek() == ',' || ahead.peek() == ']') {  // only a name, or not even that
      cursor = ahead;
      return field;
    }
    std::string name;
    field.expression = Expression::parse(cursor, [&](Cursor& at) {
      at.skip_space();
      const std::string_view found = at.take_while(is_name_character);
      if (found.empty()) at.fail("a field has no name");
      if (!name.empty() && found != name) at.fail("a condition names another field than its own");
      name = found;
      field.comparisons.push_back(Comparison::parse(at, regexes));
      return field.comparisons.size() - 1;
    });
    return field;
  }

  std::vector<Field> fields_;
  /// How many fields stand before the ellipsis; nullopt when there is none.
  std::optional<std::size_t> ellipsis_;
};

}  // namespace

std::shared_ptr<const Matcher> compile_fields_pattern(std::string_view pattern) {
  return std::make_shared<FieldsMatcher>(Cursor(pattern));
}

}  // namespace martlet::logs
