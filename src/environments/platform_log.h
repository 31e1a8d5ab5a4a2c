#pragma once

// The lines that Lambda itself writes to a function's log, and the error documents of the platform, in AWS's
// words. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "environments/environments.h"

namespace martlet::environments {

/// What REPORT tells of one invocation.
struct Report {
  std::string request_id;
  std::chrono::microseconds duration{0};
  std::chrono::microseconds billed_duration{0};
  std::uint32_t memory_mb = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::optional<std::chrono::microseconds> init_duration = {};
  /// Both or none.
  std::optional<std::chrono::microseconds> restore_duration = {};
  std::optional<std::chrono::microseconds> billed_restore_duration = {};
  /// "timeout" or "error"; empty after a regular end.
  std::string status = {};
  std::string error_type = {};
};

std::string init_start_line(const Spec& spec, std::string_view runtime_version);
/// `phase` is "init" or "invoke", `status` "error" or "timeout"; `error_type` may be empty.
std::string init_report_line(std::chrono::microseconds duration, std::string_view phase,
                             std::string_view status, std::string_view error_type);
std::string restore_start_line(const Spec& spec, std::string_view runtime_version);
/// `status` is "error" or "timeout", or empty after a regular end; `error_type` may be empty.
std::string restore_report_line(std::chrono::microseconds duration, std::string_view status,
                                std::string_view error_type);
std::string start_line(std::string_view request_id, std::string_view version);
std::string end_line(std::string_view request_id);
std::string report_line(const Report& report);
/// "2026-01-31T12:00:00.000Z <id> Task timed out after 3.00 seconds", and the empty line that AWS adds.
std::string timeout_line(TimePoint now, std::string_view request_id, std::chrono::milliseconds timeout);
/// "RequestId: <id> Error: <message>\n<type>"
std::string failure_line(std::string_view request_id, std::string_view message, std::string_view error_type);

/// Execution and initialisation together, rounded up to a millisecond (AWS bills both since August 2025).
std::chrono::microseconds billed(std::chrono::microseconds duration, std::chrono::microseconds init);

/// "Task timed out after 3.00 seconds"
std::string timeout_message(std::chrono::milliseconds timeout);
/// {"errorType": ..., "errorMessage": "RequestId: <id> Error: <message>"}
std::string platform_error(std::string_view error_type, std::string_view request_id,
                           std::string_view message);
/// {"errorType": ..., "errorMessage": ...}
std::string error_document(std::string_view error_type, std::string_view message);

/// "2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef"
std::string log_stream_name(TimePoint now, std::string_view version, std::string_view hex32);

}  // namespace martlet::environments
