#include "environments/platform_log.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace martlet::environments {

std::chrono::microseconds billed(std::chrono::microseconds duration, std::chrono::microseconds init) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(duration + init),
                  std::chrono::milliseconds(1));
}

std::string timeout_message(std::chrono::milliseconds timeout) {
  return fmt::format("Task timed out after {:.2f} seconds", static_cast<double>(timeout.count()) / 1000);
}

std::string platform_error(std::string_view error_type, std::string_view request_id,
                           std::string_view message) {
  return error_document(error_type, fmt::format("RequestId: {} Error: {}", request_id, message));
}

std::string error_document(std::string_view error_type, std::string_view message) {
  return fmt::format(R"({{"errorType":{},"errorMessage":{}}})", quote_json(error_type), quote_json(message));
}

std::string log_stream_name(TimePoint now, std::string_view version, std::string_view hex32) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(now)};
  return fmt::format("{:04}/{:02}/{:02}/[{}]{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), version, hex32);
}

}  // namespace martlet::environments
