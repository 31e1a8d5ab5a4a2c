#include "environments/platform_events.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/strings.h"
#include "environments/platform_log.h"

namespace martlet::environments {

namespace {

double to_ms(std::chrono::microseconds duration) { return static_cast<double>(duration.count()) / 1000; }

std::uint64_t to_mb(std::uint64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }

SystemLevel level(Status status, SystemLevel when_successful) {
  return status == Status::kSuccess ? when_successful : SystemLevel::kWarn;
}

std::string version_line(std::string_view word, std::string_view version, std::string_view region) {
  if (version.empty()) return fmt::format("{}\n", word);
  return fmt::format("{} Runtime Version: {}\tRuntime Version ARN: {}\n", word, version,
                     runtime_version_arn(region, version));
}

std::string subscription_line(const TelemetrySubscription& event) {
  std::string types;
  for (const std::string& type : event.types) {
    if (!types.empty()) types += ", ";
    types += type;
    types[types.size() - type.size()] = static_cast<char>(std::toupper(static_cast<unsigned char>(type[0])));
  }
  return fmt::format("{}\tName: {}\tState: Subscribed\tTypes: [{}]\n",
                     event.interface == TelemetryInterface::kLogs ? "LOGS" : "TELEMETRY", event.name, types);
}

std::string report_line(const Report& report) {
  std::string line = fmt::format(
      "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {:.0f} ms\tMemory Size: {} MB\tMax Memory "
      "Used: {} MB\t",
      report.request_id, to_ms(report.duration), to_ms(report.billed_duration), report.memory_mb,
      to_mb(report.peak_memory_bytes));
  const auto out = std::back_inserter(line);
  if (report.init_duration) fmt::format_to(out, "Init Duration: {:.2f} ms\t", to_ms(*report.init_duration));
  if (report.restore_duration)
    fmt::format_to(out, "Restore Duration: {:.2f} ms\t", to_ms(*report.restore_duration));
  if (report.billed_restore_duration)
    fmt::format_to(out, "Billed Restore Duration: {:.0f} ms\t", to_ms(*report.billed_restore_duration));
  // An error that the function reported itself leaves no trace here.
  if (report.status == Status::kError || report.status == Status::kTimeout) {
    fmt::format_to(out, "Status: {}", name_of(report.status));
    if (!report.error_type.empty()) fmt::format_to(out, "\tError Type: {}", report.error_type);
  }
  if (trace_part(report.trace, "Sampled") == "1")
    fmt::format_to(out, "\nXRAY TraceId: {}\tSegmentId: {}\tSampled: true\t",
                   trace_part(report.trace, "Root"), trace_part(report.trace, "Parent"));
  line += '\n';
  return line;
}

struct Text {
  TimePoint now;

  std::string operator()(const InitStart& e) const {
    std::string line = version_line("INIT_START", e.runtime_version, e.region);
    return e.notice.empty() ? line : fmt::format("{}{}\n", line, e.notice);
  }
  std::string operator()(const InitRuntimeDone&) const { return {}; }
  std::string operator()(const InitReport& e) const {
    // One of its own makes sense where no REPORT tells what initialisation took.
    if (e.status == Status::kSuccess && e.initialization_type != InitializationType::kSnapStart) return {};
    std::string line = fmt::format("INIT_REPORT Init Duration: {:.2f} ms\tPhase: {}\tStatus: {}",
                                   to_ms(e.duration), name_of(e.phase), name_of(e.status));
    if (!e.error_type.empty()) line += fmt::format("\tError Type: {}", e.error_type);
    return line + '\n';
  }
  std::string operator()(const Start& e) const {
    return fmt::format("START RequestId: {} Version: {}\n", e.request_id, e.version);
  }
  std::string operator()(const RuntimeDone&) const { return {}; }
  std::string operator()(const Report& e) const { return report_line(e); }
  std::string operator()(const End& e) const { return fmt::format("END RequestId: {}\n", e.request_id); }
  std::string operator()(const Fault& e) const {
    return fmt::format("RequestId: {} Error: {}\n{}\n", e.request_id, e.message, e.error_type);
  }
  std::string operator()(const TimedOut& e) const {
    // AWS ends it with an empty line.
    return fmt::format("{} {} {}\n\n", iso_time(now), e.request_id, timeout_message(e.timeout));
  }
  std::string operator()(const Extension& e) const {
    std::string line = fmt::format("EXTENSION\tName: {}\tState: {}\tEvents: [{}]", e.name, e.state,
                                   fmt::join(e.events, ", "));
    if (!e.error_type.empty()) line += fmt::format("\tError Type: {}", e.error_type);
    return line + '\n';
  }
  std::string operator()(const RestoreStart& e) const {
    return version_line("RESTORE_START", e.runtime_version, e.region);
  }
  std::string operator()(const RestoreRuntimeDone&) const { return {}; }
  std::string operator()(const RestoreReport& e) const {
    std::string line = fmt::format("RESTORE_REPORT Restore Duration: {:.2f} ms", to_ms(e.duration));
    if (e.status != Status::kSuccess) line += fmt::format("\tStatus: {}", name_of(e.status));
    if (!e.error_type.empty()) line += fmt::format("\tError Type: {}", e.error_type);
    return line + '\n';
  }
  std::string operator()(const LogsDropped&) const { return {}; }
  std::string operator()(const TelemetrySubscription& e) const { return subscription_line(e); }
};

struct Level {
  SystemLevel operator()(const InitStart& e) const {
    return e.runtime_version.empty() ? SystemLevel::kDebug : SystemLevel::kInfo;
  }
  SystemLevel operator()(const InitRuntimeDone& e) const { return level(e.status, SystemLevel::kDebug); }
  SystemLevel operator()(const InitReport& e) const {
    return level(e.status, e.initialization_type == InitializationType::kOnDemand ? SystemLevel::kDebug
                                                                                  : SystemLevel::kInfo);
  }
  SystemLevel operator()(const Start&) const { return SystemLevel::kInfo; }
  SystemLevel operator()(const RuntimeDone& e) const { return level(e.status, SystemLevel::kDebug); }
  SystemLevel operator()(const Report& e) const { return level(e.status, SystemLevel::kInfo); }
  SystemLevel operator()(const End&) const { return SystemLevel::kInfo; }
  SystemLevel operator()(const Fault&) const { return SystemLevel::kWarn; }
  SystemLevel operator()(const TimedOut&) const { return SystemLevel::kWarn; }
  SystemLevel operator()(const Extension& e) const {
    return e.error_type.empty() ? SystemLevel::kInfo : SystemLevel::kWarn;
  }
  SystemLevel operator()(const RestoreStart& e) const {
    return e.runtime_version.empty() ? SystemLevel::kDebug : SystemLevel::kInfo;
  }
  SystemLevel operator()(const RestoreRuntimeDone& e) const { return level(e.status, SystemLevel::kDebug); }
  SystemLevel operator()(const RestoreReport& e) const { return level(e.status, SystemLevel::kInfo); }
  SystemLevel operator()(const LogsDropped&) const { return SystemLevel::kWarn; }
  SystemLevel operator()(const TelemetrySubscription&) const { return SystemLevel::kInfo; }
};

}  // namespace

SystemLevel system_level_of(std::string_view name) {
  if (name == "DEBUG") return SystemLevel::kDebug;
  return name == "WARN" ? SystemLevel::kWarn : SystemLevel::kInfo;
}

SystemLevel level_of(const PlatformEvent& event) { return std::visit(Level{}, event); }

std::string text_of(const PlatformEvent& event, TimePoint now) { return std::visit(Text{now}, event); }

std::string iso_time(TimePoint now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::milliseconds>(now - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::string runtime_version_arn(std::string_view region, std::string_view runtime_version) {
  const Sha256 digest = sha256(runtime_version);
  return fmt::format("arn:aws:lambda:{}::runtime:{}", region, to_hex(as_view(digest)));
}

std::string_view name_of(Phase phase) { return phase == Phase::kInit ? "init" : "invoke"; }

std::string_view name_of(Status status) {
  switch (status) {
    case Status::kSuccess:
      return "success";
    case Status::kFailure:
      return "failure";
    case Status::kError:
      return "error";
    case Status::kTimeout:
      break;
  }
  return "timeout";
}

std::string_view trace_part(std::string_view trace, std::string_view name) {
  for (const std::string_view part : split(trace, ';'))
    if (part.starts_with(name) && part.size() > name.size() && part[name.size()] == '=')
      return part.substr(name.size() + 1);
  return {};
}

std::string_view name_of(InitializationType type) {
  switch (type) {
    case InitializationType::kProvisionedConcurrency:
      return "provisioned-concurrency";
    case InitializationType::kSnapStart:
      return "snap-start";
    case InitializationType::kOnDemand:
      break;
  }
  return "on-demand";
}

}  // namespace martlet::environments
