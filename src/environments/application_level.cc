#include "environments/application_level.h"

#include <array>
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/strings.h"

namespace martlet::environments {

namespace {

std::optional<ApplicationLevel> known_level(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, ApplicationLevel>, 8> kLevels{{
      {"trace", ApplicationLevel::kTrace},
      {"debug", ApplicationLevel::kDebug},
      {"info", ApplicationLevel::kInfo},
      {"warn", ApplicationLevel::kWarn},
      {"warning", ApplicationLevel::kWarn},
      {"error", ApplicationLevel::kError},
      {"fatal", ApplicationLevel::kFatal},
      {"critical", ApplicationLevel::kFatal},
  }};
  if (name.size() > 8) return std::nullopt;
  const std::string wanted = to_lower(name);
  for (const auto& [text, level] : kLevels)
    if (text == wanted) return level;
  return std::nullopt;
}

std::string_view text_member(const boost::json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || !member->is_string()) return {};
  return member->get_string();
}

/// Takes `count` digits from the front; -1 when they are not there.
int take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool in(int value, int from, int to) { return value >= from && value <= to; }

bool take_clock(std::string_view& text, bool with_seconds) {
  if (!in(take_number(text, 2), 0, 23) || !take(text, ":") || !in(take_number(text, 2), 0, 59)) return false;
  return !with_seconds || (take(text, ":") && in(take_number(text, 2), 0, 60));
}

}  // namespace

ApplicationLevel application_level_of(std::string_view name) {
  return known_level(name).value_or(ApplicationLevel::kInfo);
}

bool is_rfc3339(std::string_view text) {
  if (take_number(text, 4) < 0 || !take(text, "-") || !in(take_number(text, 2), 1, 12) || !take(text, "-") ||
      !in(take_number(text, 2), 1, 31) || !take(text, "Tt ") || !take_clock(text, true))
    return false;
  if (take(text, ".")) {
    if (take_number(text, 1) < 0) return false;
    while (take_number(text, 1) >= 0) {
    }
  }
  if (take(text, "Zz")) return text.empty();
  return take(text, "+-") && take_clock(text, false) && text.empty();
}

MessageLevel level_of_message(std::string_view message) {
  const auto begin = message.find_first_not_of(" \t");
  if (begin == std::string_view::npos || message[begin] != '{') return {};
  std::array<unsigned char, 4096> memory;
  boost::json::monotonic_resource resource(memory.data(), memory.size());
  boost::system::error_code failure;
  const auto value = boost::json::parse(message, failure, &resource);
  if (failure || !value.is_object()) return {};
  const auto& object = value.get_object();
  MessageLevel result{.is_json = true};
  const auto level = known_level(text_member(object, "level"));
  if (!level) return result;
  // The names that the managed runtimes and common loggers give it.
  for (const char* name : {"timestamp", "time", "@timestamp"})
    if (is_rfc3339(text_member(object, name))) result.level = *level;
  return result;
}

bool reaches_log(std::string_view message, ApplicationLevel threshold) {
  if (threshold == ApplicationLevel::kTrace) return true;
  const MessageLevel found = level_of_message(message);
  return !found.is_json || found.level >= threshold;
}

}  // namespace martlet::environments
