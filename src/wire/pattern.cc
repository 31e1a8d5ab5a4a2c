#include "wire/pattern.h"

#include <re2/re2.h>

#include <boost/regex.hpp>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace martlet::wire {
namespace {

// RE2 refuses to repeat anything more often than this.
constexpr int kMaxRepeat = 1000;
// Longer texts are not given to the backtracking matcher; the names that its patterns describe are far
// shorter.
constexpr std::size_t kMaxBacktrackingText = 2048;

/// A pattern that has been compiled, one way or the other.
struct Compiled {
  std::unique_ptr<re2::RE2> linear;
  std::optional<boost::regex> backtracking;
};

Compiled compile(std::string_view pattern) {
  Compiled result;
  re2::RE2::Options options;
  options.set_log_errors(false);
  const std::string translated = translate_pattern(pattern);
  result.linear = std::make_unique<re2::RE2>(translated, options);
  if (result.linear->ok()) return result;
  result.linear.reset();
  try {
    result.backtracking.emplace(translated, boost::regex::perl);
  } catch (const boost::regex_error&) {
    result.backtracking.reset();
  }
  return result;
}

const Compiled& compiled(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string, Compiled, std::less<>> known;
  const std::lock_guard lock(mutex);
  auto found = known.find(pattern);
  if (found == known.end()) found = known.emplace(pattern, compile(pattern)).first;
  return found->second;
}

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

struct Replacement {
  std::string_view from;
  std::string_view to;
};

// Longest first: surrogate pairs, which stand for the planes above the first, come before single code units.
constexpr Replacement kReplacements[] = {
    {R"(\uD800\uDC00-\uDBFF\uDFFF)", R"(\x{10000}-\x{10FFFF})"},
    {R"(\ud800\udc00-\udbff\udfff)", R"(\x{10000}-\x{10FFFF})"},
    {R"(\u10000-\u10FFFF)", R"(\x{10000}-\x{10FFFF})"},
    {R"(\_)", "_"},
};
constexpr Replacement kClasses[] = {
    {R"(\p{Print})", R"(\x20-\x7E)"}, {R"(\p{Graph})", R"(\x21-\x7E)"}, {R"(\p{ASCII})", R"(\x00-\x7F)"},
    {R"(\p{Alnum})", "a-zA-Z0-9"},    {R"(\p{Alpha})", "a-zA-Z"},       {R"(\p{Digit})", "0-9"},
};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : rest_(pattern) {}

  std::string run() {
    while (!rest_.empty()) step();
    return std::move(out_);
  }

 private:
  void step() {
    if (rest_[0] == '\\') return escape();
    if (rest_[0] == '{' && !in_class_ && repeat()) return;
    if (rest_[0] == '[' && !in_class_) {
      in_class_ = true;
      place_ = Place::kStart;
    } else if (rest_[0] == ']') {
      in_class_ = false;
    } else if (rest_[0] == '-' && in_class_) {
      return dash();
    } else {
      advance();
    }
    copy(1);
  }

  /// A dash after a range ("a-z-_") is a literal, which not every matcher takes without a backslash.
  void dash() {
    if (place_ == Place::kRangeEnd) out_ += '\\';
    place_ = place_ == Place::kAtom ? Place::kDash : Place::kStart;
    copy(1);
  }

  /// An atom of a class was met.
  void advance() { place_ = place_ == Place::kDash ? Place::kRangeEnd : Place::kAtom; }

  void copy(std::size_t count) {
    out_ += rest_.substr(0, count);
    rest_.remove_prefix(std::min(count, rest_.size()));
  }

  void escape() {
    advance();
    for (const auto& [from, to] : kReplacements)
      if (rest_.starts_with(from)) return replace(from, std::string(to));
    for (const auto& [from, to] : kClasses)
      if (rest_.starts_with(from))
        return replace(from, in_class_ ? std::string(to) : "[" + std::string(to) + "]");
    if (rest_.size() >= 6 && rest_[1] == 'u' && is_hex(rest_.substr(2, 4)))
      return replace(rest_.substr(0, 6), "\\x{" + std::string(rest_.substr(2, 4)) + "}");
    copy(2);
  }

  void replace(std::string_view from, const std::string& to) {
    out_ += to;
    rest_.remove_prefix(from.size());
  }

  /// "{0,4096}" becomes "{0,}": lengths have constraints of their own.
  bool repeat() {
    const std::size_t end = rest_.find('}');
    if (end == std::string_view::npos) return false;
    const std::string_view inside = rest_.substr(1, end - 1);
    const std::size_t comma = std::min(inside.find(','), inside.size());
    const int least = number(inside.substr(0, comma));
    const int most = comma + 1 < inside.size() ? number(inside.substr(comma + 1)) : least;
    if (least <= kMaxRepeat && most <= kMaxRepeat) return false;
    replace(rest_.substr(0, end + 1), "{" + std::to_string(std::min(least, kMaxRepeat)) + ",}");
    return true;
  }

  static int number(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  /// Where in a class the next character stands.
  enum class Place : std::uint8_t { kStart, kAtom, kDash, kRangeEnd };

  std::string_view rest_;
  std::string out_;
  bool in_class_ = false;
  Place place_ = Place::kStart;
};

}  // namespace

std::string translate_pattern(std::string_view pattern) { return Translator(pattern).run(); }

PatternEngine pattern_engine(std::string_view pattern) {
  const Compiled& known = compiled(pattern);
  if (known.linear != nullptr) return PatternEngine::kLinear;
  return known.backtracking ? PatternEngine::kBacktracking : PatternEngine::kNone;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  const Compiled& known = compiled(pattern);
  if (known.linear != nullptr)
    return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *known.linear);
  if (!known.backtracking || text.size() > kMaxBacktrackingText) return true;
  try {
    return boost::regex_match(text.begin(), text.end(), *known.backtracking);
  } catch (const std::runtime_error&) {
    return true;  // it would have taken too long to tell
  }
}

}  // namespace martlet::wire
