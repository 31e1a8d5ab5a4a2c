#pragma once

// Platform events: what Lambda itself says of an environment, as values. The log stream renders them as the
// text lines or the JSON objects of a function's log, the Telemetry and Logs APIs as their records. Pure.
//
// An event lives for one call: its views refer to what its maker holds. The shapes follow the Lambda
// developer guide, "Telemetry API Event schema reference", "Logs API" and "Log-level filtering".

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "environments/environments.h"

namespace martlet::environments {

/// How initialisation or an invocation ended.
enum class Status {
  kSuccess,
  kFailure,  ///< the function reported an error
  kError,    ///< the runtime ended or could not start
  kTimeout,
};

/// When initialisation runs; kInvoke once it has failed and is tried again inside the first invocation.
enum class Phase { kInit, kInvoke };

/// A stretch of time inside an event: responseLatency, responseDuration, runtimeOverhead.
struct EventSpan {
  std::string_view name = {};
  TimePoint start;
  std::chrono::microseconds duration{0};
};

struct InitStart {
  InitializationType initialization_type = InitializationType::kOnDemand;
  Phase phase = Phase::kInit;
  /// Empty where it is not known (container images).
  std::string_view runtime_version = {};
  std::string_view region = {};
  std::string_view function_name = {};
  std::string_view function_version = {};
  std::string_view instance_id = {};
  std::uint32_t memory_mb = 0;
  /// What there is to say of the runtime, in the log alone; empty when it is the one that was asked for.
  std::string_view notice = {};
};

struct InitRuntimeDone {
  InitializationType initialization_type = InitializationType::kOnDemand;
  Phase phase = Phase::kInit;
  Status status = Status::kSuccess;
  std::string_view error_type = {};
};

struct InitReport {
  InitializationType initialization_type = InitializationType::kOnDemand;
  Phase phase = Phase::kInit;
  Status status = Status::kSuccess;
  std::string_view error_type = {};
  std::chrono::microseconds duration{0};
};

struct Start {
  std::string_view request_id = {};
  std::string_view version = {};
  /// The header X-Amzn-Trace-Id; empty when there is none.
  std::string_view trace = {};
  /// With tenant isolation; not in text, nor in the Logs API.
  std::string_view tenant_id = {};
};

struct RuntimeDone {
  std::string_view request_id = {};
  Status status = Status::kSuccess;
  std::string_view error_type = {};
  std::chrono::microseconds duration{0};
  std::uint64_t produced_bytes = 0;
  std::span<const EventSpan> spans = {};
  std::string_view trace = {};
  std::string_view tenant_id = {};
};

struct Report {
  std::string_view request_id = {};
  std::chrono::microseconds duration{0};
  std::chrono::microseconds billed_duration{0};
  std::uint32_t memory_mb = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::optional<std::chrono::microseconds> init_duration = {};
  std::optional<std::chrono::microseconds> restore_duration = {};
  std::optional<std::chrono::microseconds> billed_restore_duration = {};
  Status status = Status::kSuccess;
  std::string_view error_type = {};
  std::string_view trace = {};
  std::string_view tenant_id = {};
};

struct End {
  std::string_view request_id = {};
};

/// The runtime ended, or the code could not be started.
struct Fault {
  std::string_view request_id = {};
  std::string_view message = {};
  std::string_view error_type = {};
};

struct TimedOut {
  std::string_view request_id = {};
  std::chrono::milliseconds timeout{0};
};

/// An extension registered, or failed.
struct Extension {
  std::string_view name = {};
  /// "Ready", "Registered", "LaunchError", "ExitError", ...
  std::string_view state = {};
  /// "INVOKE", "SHUTDOWN"
  std::span<const std::string> events = {};
  std::string_view error_type = {};
};

struct RestoreStart {
  std::string_view runtime_version = {};
  std::string_view region = {};
  std::string_view function_name = {};
  std::string_view function_version = {};
  std::string_view instance_id = {};
  std::uint32_t memory_mb = 0;
};

struct RestoreRuntimeDone {
  Status status = Status::kSuccess;
  std::string_view error_type = {};
};

struct RestoreReport {
  std::chrono::microseconds duration{0};
  Status status = Status::kSuccess;
  std::string_view error_type = {};
};

/// Told to the subscriber that has fallen behind.
struct LogsDropped {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// Which of the two interfaces an extension subscribed with.
enum class TelemetryInterface { kTelemetry, kLogs };

struct TelemetrySubscription {
  TelemetryInterface interface = TelemetryInterface::kTelemetry;
  std::string_view name = {};
  /// "platform", "function", "extension"
  std::span<const std::string> types = {};
};

using PlatformEvent = std::variant<InitStart, InitRuntimeDone, InitReport, Start, RuntimeDone, Report, End,
                                   Fault, TimedOut, Extension, RestoreStart, RestoreRuntimeDone,
                                   RestoreReport, LogsDropped, TelemetrySubscription>;

/// For whom an event becomes JSON. They do not have the same events, nor the same members in them.
enum class Dialect {
  kLog,           ///< system log of a function whose log format is JSON
  kTelemetry,     ///< Telemetry API, every schema version
  kLogs,          ///< Logs API, schema 2020-08-15
  kLogs20210318,  ///< Logs API, schema 2021-03-18: with platform.runtimeDone
};

enum class SystemLevel { kDebug, kInfo, kWarn };

/// "DEBUG", "INFO" or "WARN"; anything else is kInfo.
SystemLevel system_level_of(std::string_view name);
/// The level of an event in the system log.
SystemLevel level_of(const PlatformEvent& event);

/// The line in a log of plain text, newline included; empty when the event has none there.
std::string text_of(const PlatformEvent& event, TimePoint now);
/// {"time", "type", "record"}, without a newline; empty when the dialect does not have the event.
std::string json_of(const PlatformEvent& event, TimePoint now, Dialect dialect);

/// "2026-01-31T12:00:00.000Z"
std::string iso_time(TimePoint now);
/// The ARN under which a runtime version goes in logs.
std::string runtime_version_arn(std::string_view region, std::string_view runtime_version);
/// "on-demand", "provisioned-concurrency", "snap-start": AWS_LAMBDA_INITIALIZATION_TYPE.
std::string_view name_of(InitializationType type);
/// "init", "invoke"
std::string_view name_of(Phase phase);
/// "success", "failure", "error", "timeout"
std::string_view name_of(Status status);
/// The part `name` of an X-Amzn-Trace-Id header ("Root=1-...;Parent=...;Sampled=1"); empty when it has none.
std::string_view trace_part(std::string_view trace, std::string_view name);

}  // namespace martlet::environments
