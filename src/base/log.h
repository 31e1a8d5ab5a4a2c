#pragma once

// The server's own log: lines for people on a terminal or JSON objects for machines, on standard error. (What
// functions print is not this: that goes to CloudWatch Logs.) Thread-safe.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace martlet::log {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kHuman, kJson };

/// A named value beside a message, such as {"request_id", id}.
using Field = std::pair<std::string_view, std::string_view>;

void configure(Level least, Format format);

void debug(std::string_view message, std::initializer_list<Field> fields = {});
void info(std::string_view message, std::initializer_list<Field> fields = {});
void warning(std::string_view message, std::initializer_list<Field> fields = {});
void error(std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace martlet::log
