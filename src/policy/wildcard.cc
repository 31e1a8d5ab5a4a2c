#include "policy/wildcard.h"

#include <algorithm>
#include <cstddef>

#include "base/strings.h"

namespace martlet::policy {

namespace {

// Bytes that do not occur in UTF-8.
constexpr char kAny = '\xff';
constexpr char kAnyInPart = '\xfe';
constexpr char kOne = '\xfd';
constexpr char kOneInPart = '\xfc';
constexpr char kVariable = '\xfb';
constexpr int kLastPart = 5;

bool is_code(char c) { return static_cast<unsigned char>(c) >= 0xfb; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::size_t after_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && continues_character(text[at])) ++at;
  return at;
}

/// Greedy, with the last * as the only point to return to.
bool glob(std::string_view pattern, std::string_view subject) {
  std::size_t p = 0;
  std::size_t s = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (s < subject.size()) {
    if (p < pattern.size()) {
      const char c = pattern[p];
      if (c == kAny || c == kAnyInPart) {
        star = p++;
        taken = s;
        continue;
      }
      if (c == kOne || (c == kOneInPart && subject[s] != ':')) {
        ++p;
        s = after_character(subject, s);
        continue;
      }
      if (c == subject[s] && !is_code(c)) {
        ++p;
        ++s;
        continue;
      }
    }
    if (star == std::string_view::npos) return false;
    if (pattern[star] == kAnyInPart && subject[taken] == ':') return false;
    ++taken;
    p = star + 1;
    if (pattern[star] == kAny && p < pattern.size() && !is_code(pattern[p])) {
      taken = subject.find(pattern[p], taken);
      if (taken == std::string_view::npos) return false;
    }
    s = taken;
  }
  while (p < pattern.size() && (pattern[p] == kAny || pattern[p] == kAnyInPart)) ++p;
  return p == pattern.size();
}

/// Follows all ways to match at once, a byte of the subject at a time.
bool glob_all_ways(std::string_view pattern, std::string_view subject) {
  const std::size_t end = pattern.size();
  std::vector<char> at(end + 1);
  std::vector<char> next(end + 1);
  const auto reach = [&](std::vector<char>& positions, std::size_t p) {
    positions[p] = 1;
    while (p < end && (pattern[p] == kAny || pattern[p] == kAnyInPart)) positions[++p] = 1;
  };
  reach(at, 0);
  for (const char c : subject) {
    std::fill(next.begin(), next.end(), 0);
    for (std::size_t p = 0; p <= end; ++p) {
      if (!at[p]) continue;
      if (p > 0 && continues_character(c) && (pattern[p - 1] == kOne || pattern[p - 1] == kOneInPart))
        reach(next, p);
      if (p == end) continue;
      const char wanted = pattern[p];
      if (wanted == kAny || (wanted == kAnyInPart && c != ':')) reach(next, p);
      if (wanted == kOne || (wanted == kOneInPart && c != ':') || (wanted == c && !is_code(c)))
        reach(next, p + 1);
    }
    at.swap(next);
  }
  return at[end] != 0;
}

}  // namespace

/// Reads a text from left to right.
class Pattern::Compiler {
 public:
  Compiler(Pattern& pattern, std::string_view text, Wildcards wildcards, Variables variables)
      : pattern_(pattern), text_(text), wildcards_(wildcards), variables_(variables) {}

  void run() {
    while (at_ < text_.size()) {
      if (text_[at_] == '$' && read_variable()) continue;
      const char c = text_[at_++];
      if (c == '*' && wildcards_ != Wildcards::kNone) {
        add_star();
      } else if (c == '?' && wildcards_ != Wildcards::kNone) {
        pattern_.code_ += held_to_part() ? kOneInPart : kOne;
      } else {
        if (c == ':') ++part_;
        pattern_.code_ += c;
      }
    }
    if (wildcards_ == Wildcards::kArn && part_ < kLastPart && pattern_.variables_.empty()) {
      // Not an ARN, unless it is any.
      if (text_ == "*") {
        pattern_.code_ = kAny;
      } else {
        pattern_.never_ = true;
      }
    }
  }

 private:
  [[nodiscard]] bool held_to_part() const {
    return part_ < kLastPart && (wildcards_ == Wildcards::kArn || wildcards_ == Wildcards::kResource);
  }

  void add_star() {
    const bool ends_part = at_ == text_.size() || text_[at_] == ':';
    const bool free = !held_to_part() || (wildcards_ == Wildcards::kResource && ends_part);
    if (!free && pattern_.code_.find(kAny) != std::string::npos) pattern_.mixed_ = true;
    const char star = free ? kAny : kAnyInPart;
    if (pattern_.code_.empty() || pattern_.code_.back() != star) pattern_.code_ += star;
  }

  /// Whether there was one at `at_`; then `at_` is behind it.
  bool read_variable() {
    if (variables_ == Variables::kText || !text_.substr(at_).starts_with("${")) return false;
    const std::string_view rest = text_.substr(at_ + 2);
    if (rest.size() >= 2 && rest[1] == '}' && (rest[0] == '*' || rest[0] == '?' || rest[0] == '$')) {
      pattern_.code_ += rest[0];
      at_ += 4;
      return true;
    }
    // In the Resource element, variables stand in the last part only.
    if (wildcards_ == Wildcards::kResource && part_ < kLastPart) return false;
    const auto end = rest.find_first_of(",}");
    if (end == std::string_view::npos) return false;
    Variable variable{.key = Key(rest.substr(0, end)), .fallback = std::nullopt};
    std::size_t close = end;
    if (rest[end] == ',') {
      const auto open = rest.find_first_not_of(' ', end + 1);
      if (open == std::string_view::npos || rest[open] != '\'') return false;
      const auto quote = rest.find('\'', open + 1);
      if (quote == std::string_view::npos) return false;
      close = rest.find_first_not_of(' ', quote + 1);
      if (close == std::string_view::npos || rest[close] != '}') return false;
      variable.fallback = std::string(rest.substr(open + 1, quote - open - 1));
    }
    pattern_.variables_.push_back(std::move(variable));
    pattern_.code_ += kVariable;
    at_ += 2 + close + 1;
    return true;
  }

  Pattern& pattern_;
  std::string_view text_;
  Wildcards wildcards_;
  Variables variables_;
  std::size_t at_ = 0;
  int part_ = 0;
};

Pattern::Pattern(std::string_view text, Wildcards wildcards, Variables variables, Case letters)
    : letters_(letters) {
  if (std::any_of(text.begin(), text.end(), is_code)) {
    // No UTF-8, so from no document; its bytes could pass for wildcards.
    literal_ = never_ = true;
    return;
  }
  Compiler(*this, text, wildcards, variables).run();
  if (letters_ == Case::kFolded) code_ = to_lower(code_);
  const auto first = std::find_if(code_.begin(), code_.end(), is_code);
  prefix_ = static_cast<std::uint32_t>(first - code_.begin());
  literal_ = first == code_.end();
  if (!literal_) {
    const auto last = std::find_if(code_.rbegin(), code_.rend(), is_code);
    suffix_ = static_cast<std::uint32_t>(last - code_.rbegin());
  }
}

std::size_t Pattern::literal_length(std::string_view code) {
  return static_cast<std::size_t>(std::find_if(code.begin(), code.end(), is_code) - code.begin());
}

bool Pattern::matches(std::string_view subject, KeyReader& reader) const {
  if (literal_) return subject == code_ && !never_;
  if (never_ || subject.size() < prefix_ + suffix_) return false;
  const std::string_view code = code_;
  if (subject.substr(0, prefix_) != code.substr(0, prefix_)) return false;
  if (subject.substr(subject.size() - suffix_) != code.substr(code.size() - suffix_)) return false;
  if (!variables_.empty()) return matches_expanded(subject, reader);
  const std::string_view pattern = code.substr(prefix_, code.size() - prefix_ - suffix_);
  if (pattern.size() == 1 && pattern[0] == kAny) return true;
  const std::string_view middle = subject.substr(prefix_, subject.size() - prefix_ - suffix_);
  return mixed_ ? glob_all_ways(pattern, middle) : glob(pattern, middle);
}

bool Pattern::matches_expanded(std::string_view subject, KeyReader& reader) const {
  std::string expanded = std::move(reader.scratch());
  expanded.clear();
  std::size_t index = 0;
  bool resolved = true;
  for (const char c : code_) {
    if (c != kVariable) {
      expanded += c;
      continue;
    }
    const Variable& variable = variables_[index++];
    std::optional<std::string_view> value = reader.variable(variable.key);
    if (!value && variable.fallback) value = *variable.fallback;
    // A value that is no text could pass for wildcards.
    if (!value || std::any_of(value->begin(), value->end(), is_code)) {
      resolved = false;
      break;
    }
    if (letters_ == Case::kFolded) {
      expanded += to_lower(*value);
    } else {
      expanded += *value;
    }
  }
  const bool matched = resolved && (mixed_ ? glob_all_ways(expanded, subject) : glob(expanded, subject));
  reader.scratch() = std::move(expanded);
  return matched;
}

void Pattern::add_keys(std::vector<std::string>& keys) const {
  for (const Variable& variable : variables_) keys.push_back(variable.key.name);
}

}  // namespace martlet::policy
