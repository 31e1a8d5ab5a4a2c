#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "base/strings.h"

namespace martlet::log {

namespace {

std::atomic<Format> chosen_format = Format::kHuman;

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made =
        std::make_shared<spdlog::logger>("martlet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %L %v", spdlog::pattern_time_type::utc);
    return made;
  }();
  return *instance;
}

std::string human(std::string_view message, std::initializer_list<Field> fields) {
  std::string line(message);
  for (const auto& [name, value] : fields) {
    line += ' ';
    line += name;
    line += '=';
    if (value.find_first_of(" \"\n") == std::string_view::npos && !value.empty())
      line += value;
    else
      line += quote_json(value);
  }
  return line;
}

std::string json(std::string_view message, std::initializer_list<Field> fields) {
  std::string members = "\"message\":" + quote_json(message);
  for (const auto& [name, value] : fields) members += "," + quote_json(name) + ":" + quote_json(value);
  return members;
}

void write(spdlog::level::level_enum level, std::string_view message, std::initializer_list<Field> fields) {
  if (!logger().should_log(level)) return;
  const bool as_json = chosen_format.load(std::memory_order_relaxed) == Format::kJson;
  logger().log(level, "{}", as_json ? json(message, fields) : human(message, fields));
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void configure(Level least, Format format) {
  chosen_format = format;
  logger().set_level(to_spdlog(least));
  if (format == Format::kJson)
    logger().set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                         spdlog::pattern_time_type::utc);
}

void debug(std::string_view message, std::initializer_list<Field> fields) {
  write(spdlog::level::debug, message, fields);
}
void info(std::string_view message, std::initializer_list<Field> fields) {
  write(spdlog::level::info, message, fields);
}
void warning(std::string_view message, std::initializer_list<Field> fields) {
  write(spdlog::level::warn, message, fields);
}
void error(std::string_view message, std::initializer_list<Field> fields) {
  write(spdlog::level::err, message, fields);
}

}  // namespace martlet::log
