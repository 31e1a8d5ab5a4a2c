// Patterns of every dialect and the events that they are asked about, all from outside. The first byte says
// how the event is made; every line but the last is a pattern, the last is the event. What patterns say one
// by one and what a matcher says of them must be the same, before and after some of them were removed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/matcher.h"
#include "patterns/pattern.h"

namespace {

using martlet::patterns::Attribute;
using martlet::patterns::Dialect;
using martlet::patterns::Event;
using martlet::patterns::InvalidPattern;
using martlet::patterns::Matcher;
using martlet::patterns::Pattern;

constexpr std::array kDialects = {Dialect::kEventBridge, Dialect::kEventSourceMapping,
                                  Dialect::kSnsAttributes, Dialect::kSnsBody};

Event event_of(std::uint8_t kind, std::string_view text) {
  switch (kind % 4) {
    case 0:
      return Event::from_json(text);
    case 1:
      return Event::from_json(text, "a");
    case 2:
      return Event::from_field("a", text);
    default: {
      const std::string_view half = text.substr(0, text.size() / 2);
      const std::string_view rest = text.substr(text.size() / 2);
      return Event::from_attributes(
          std::array{Attribute{.name = "a", .type = "String", .value = half},
                     Attribute{.name = "b", .type = "Number", .value = rest},
                     Attribute{.name = "c", .type = "String.Array", .value = text}});
    }
  }
}

std::vector<Pattern> patterns_of(std::string_view line) {
  std::vector<Pattern> patterns;
  for (const Dialect dialect : kDialects) {
    try {
      patterns.push_back(Pattern::parse(line, dialect));
    } catch (const InvalidPattern&) {
      // Not of this dialect.
    }
  }
  return patterns;
}

void expect_agreement(const Matcher& matcher, const std::vector<std::optional<Pattern>>& patterns,
                      const Event& event) {
  std::vector<bool> found(patterns.size());
  for (const std::string_view id : matcher.match(event)) {
    const auto index = static_cast<std::size_t>(std::stoul(std::string(id)));
    if (found[index]) {
      std::abort();
    }
    found[index] = true;
  }
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (found[i] != (patterns[i] && patterns[i]->matches(event))) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  Matcher matcher;
  std::vector<std::optional<Pattern>> patterns;
  for (std::size_t line = input.find('\n'); line != std::string_view::npos; line = input.find('\n')) {
    for (const Pattern& pattern : patterns_of(input.substr(0, line))) {
      matcher.add(std::to_string(patterns.size()), pattern);
      patterns.emplace_back(pattern);
    }
    input.remove_prefix(line + 1);
  }
  const Event event = event_of(data[0], input);
  expect_agreement(matcher, patterns, event);
  for (std::size_t i = 0; i < patterns.size(); i += 2) {
    matcher.remove(std::to_string(i));
    patterns[i].reset();
  }
  expect_agreement(matcher, patterns, event);
  return 0;
}
