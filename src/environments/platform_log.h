#pragma once

// What the platform says to invokers, and how it bills and names, in AWS's words. What it writes to logs is
// in platform_events.h. Pure.

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace martlet::environments {

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
