#include "services/lambda/json_check.h"

#include <fmt/core.h>

#include <boost/json/basic_parser_impl.hpp>
#include <cstdint>

namespace martlet::lambda {

namespace {

using boost::json::error_code;
using boost::json::string_view;

/// Deeper nesting is refused; interpreters' own parsers give up at about this depth too.
constexpr std::size_t kMaxDepth = 1000;

/// Takes every event of the parser and keeps nothing.
struct Accept {
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return true; }
  bool on_key_part(string_view, std::size_t, error_code&) { return true; }
  bool on_key(string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

std::string at_position(std::string_view text, std::size_t offset, const std::string& problem) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char c : text.substr(0, offset)) {
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n' ? 1 : 0;
  }
  return fmt::format("{} (line {}, column {})", problem, line, column);
}

}  // namespace

std::optional<std::string> json_problem(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::basic_parser<Accept> parser(options);
  error_code failed;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), failed);
  if (failed) return at_position(text, used, failed.message());
  if (used < text.size()) {
    const auto rest = text.find_first_not_of(" \t\r\n", used);
    if (rest != std::string_view::npos) return at_position(text, rest, "unexpected text after the document");
  }
  return std::nullopt;
}

}  // namespace martlet::lambda
