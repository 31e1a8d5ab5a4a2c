#include "environments/platform_log.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/strings.h"

namespace martlet::environments {

namespace {

double to_ms(std::chrono::microseconds duration) { return static_cast<double>(duration.count()) / 1000; }

std::uint64_t to_mb(std::uint64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }

/// "2026-01-31T12:00:00.000Z"
std::string iso_time(TimePoint now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::milliseconds>(now - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace

std::string init_start_line(const Spec& spec, std::string_view runtime_version) {
  const Sha256 digest = sha256(runtime_version);
  return fmt::format("INIT_START Runtime Version: {}\tRuntime Version ARN: arn:aws:lambda:{}::runtime:{}\n",
                     runtime_version, spec.region, to_hex(as_view(digest)));
}

std::string init_report_line(std::chrono::microseconds duration, std::string_view phase,
                             std::string_view status, std::string_view error_type) {
  std::string line = fmt::format("INIT_REPORT Init Duration: {:.2f} ms\tPhase: {}\tStatus: {}",
                                 to_ms(duration), phase, status);
  if (!error_type.empty()) line += fmt::format("\tError Type: {}", error_type);
  return line + '\n';
}

std::string restore_start_line(const Spec& spec, std::string_view runtime_version) {
  const Sha256 digest = sha256(runtime_version);
  return fmt::format(
      "RESTORE_START Runtime Version: {}\tRuntime Version ARN: arn:aws:lambda:{}::runtime:{}\n",
      runtime_version, spec.region, to_hex(as_view(digest)));
}

std::string restore_report_line(std::chrono::microseconds duration, std::string_view status,
                                std::string_view error_type) {
  std::string line = fmt::format("RESTORE_REPORT Restore Duration: {:.2f} ms", to_ms(duration));
  if (!status.empty()) line += fmt::format("\tStatus: {}", status);
  if (!error_type.empty()) line += fmt::format("\tError Type: {}", error_type);
  return line + '\n';
}

std::string start_line(std::string_view request_id, std::string_view version) {
  return fmt::format("START RequestId: {} Version: {}\n", request_id, version);
}

std::string end_line(std::string_view request_id) { return fmt::format("END RequestId: {}\n", request_id); }

std::string report_line(const Report& report) {
  std::string line = fmt::format(
      "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {:.0f} ms\tMemory Size: {} MB\tMax Memory "
      "Used: {} MB\t",
      report.request_id, to_ms(report.duration), to_ms(report.billed_duration), report.memory_mb,
      to_mb(report.peak_memory_bytes));
  if (report.init_duration) line += fmt::format("Init Duration: {:.2f} ms\t", to_ms(*report.init_duration));
  if (report.restore_duration && report.billed_restore_duration)
    line += fmt::format("Restore Duration: {:.2f} ms\tBilled Restore Duration: {:.0f} ms\t",
                        to_ms(*report.restore_duration), to_ms(*report.billed_restore_duration));
  if (!report.status.empty()) line += fmt::format("Status: {}", report.status);
  if (!report.error_type.empty()) line += fmt::format("\tError Type: {}", report.error_type);
  return line + '\n';
}

std::string timeout_line(TimePoint now, std::string_view request_id, std::chrono::milliseconds timeout) {
  return fmt::format("{} {} {}\n\n", iso_time(now), request_id, timeout_message(timeout));
}

std::string failure_line(std::string_view request_id, std::string_view message, std::string_view error_type) {
  return fmt::format("RequestId: {} Error: {}\n{}\n", request_id, message, error_type);
}

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
