#pragma once

// Filtering of what a function prints by the level it gives its lines: ApplicationLogLevel of a function
// whose log format is JSON, as "Log-level filtering" of the Lambda developer guide describes it. Pure.

#include <string_view>

namespace martlet::environments {

enum class ApplicationLevel { kTrace, kDebug, kInfo, kWarn, kError, kFatal };

/// "TRACE" to "FATAL", in any case, and the names that Python has for two of them; anything else is kInfo.
ApplicationLevel application_level_of(std::string_view name);

/// The level of one message. A JSON object has the level of its member "level" if it also has a valid time
/// (RFC 3339); without either it counts as INFO. A message that is no JSON object has no level.
struct MessageLevel {
  bool is_json = false;
  ApplicationLevel level = ApplicationLevel::kInfo;
};
MessageLevel level_of_message(std::string_view message);

/// Whether the message goes to the log. Plain text always does.
bool reaches_log(std::string_view message, ApplicationLevel threshold);

/// "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00+01:00"
bool is_rfc3339(std::string_view text);

}  // namespace martlet::environments
