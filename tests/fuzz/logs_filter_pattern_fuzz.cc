// Filter patterns and the messages they are matched with, both from outside: the first line is the pattern.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "services/logs/filter_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view message =
      line == std::string_view::npos ? std::string_view() : input.substr(line + 1);
  try {
    const auto pattern = martlet::logs::FilterPattern::compile(input.substr(0, line));
    static_cast<void>(pattern.matches(message));
  } catch (const martlet::aws::Error&) {
    // A pattern that is not well-formed.
  }
  return 0;
}
