// Platform events as JSON: members and their order as in the documented examples.

#include <fmt/format.h>

#include "base/strings.h"
#include "environments/platform_events.h"
#include "environments/platform_log.h"

namespace martlet::environments {

namespace {

double to_ms(std::chrono::microseconds duration) { return static_cast<double>(duration.count()) / 1000; }

std::uint64_t to_mb(std::uint64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }

/// A JSON object that grows member by member.
class Object {
 public:
  Object& text(std::string_view name, std::string_view value) { return raw(name, quote_json(value)); }
  Object& text_unless_empty(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  Object& number(std::string_view name, std::uint64_t value) { return raw(name, fmt::to_string(value)); }
  Object& ms(std::string_view name, std::chrono::microseconds value) {
    return raw(name, fmt::format("{}", to_ms(value)));
  }
  Object& ms(std::string_view name, const std::optional<std::chrono::microseconds>& value) {
    return value ? ms(name, *value) : *this;
  }
  Object& texts(std::string_view name, std::span<const std::string> values) {
    std::string list;
    for (const std::string& value : values) {
      list += list.empty() ? '[' : ',';
      list += quote_json(value);
    }
    return raw(name, list.empty() ? "[]" : list + ']');
  }
  Object& status(Status value, std::string_view error_type) {
    return text("status", name_of(value)).text_unless_empty("errorType", error_type);
  }
  /// `json` is a whole value.
  Object& raw(std::string_view name, std::string_view json) {
    out_ += out_.empty() ? "{\"" : ",\"";
    out_ += name;
    out_ += "\":";
    out_ += json;
    return *this;
  }
  std::string end() && { return out_.empty() ? "{}" : std::move(out_) + '}'; }

 private:
  std::string out_;
};

void add_trace(Object& record, std::string_view trace) {
  if (trace.empty()) return;
  Object context;
  context.text_unless_empty("spanId", trace_part(trace, "Parent"));
  context.text("type", "X-Amzn-Trace-Id").text("value", trace);
  record.raw("tracing", std::move(context).end());
}

void add_spans(Object& record, std::span<const EventSpan> spans) {
  if (spans.empty()) return;
  std::string list;
  for (const EventSpan& span : spans) {
    list += list.empty() ? '[' : ',';
    list += std::move(Object()
                          .text("name", span.name)
                          .text("start", iso_time(span.start))
                          .ms("durationMs", span.duration))
                .end();
  }
  record.raw("spans", list + ']');
}

struct Record {
  std::string_view type;
  std::string json;
};

bool is_logs_api(Dialect dialect) { return dialect == Dialect::kLogs || dialect == Dialect::kLogs20210318; }

/// nullopt where the dialect does not have the event.
struct Json {
  using Result = std::optional<Record>;
  Dialect dialect;
  TimePoint now;

  Result telemetry_only(std::string_view type, Object&& record) const {
    if (is_logs_api(dialect)) return std::nullopt;
    return Record{type, std::move(record).end()};
  }
  template <typename Event>
  static void add_instance(Object& record, const Event& e) {
    record.text_unless_empty("functionName", e.function_name)
        .text_unless_empty("functionVersion", e.function_version)
        .text_unless_empty("instanceId", e.instance_id)
        .number("instanceMaxMemory", std::uint64_t{e.memory_mb} << 20);
    if (e.runtime_version.empty()) return;
    record.text("runtimeVersion", e.runtime_version)
        .text("runtimeVersionArn", runtime_version_arn(e.region, e.runtime_version));
  }

  Result operator()(const InitStart& e) const {
    Object record;
    record.text("initializationType", name_of(e.initialization_type)).text("phase", name_of(e.phase));
    add_instance(record, e);
    return telemetry_only("platform.initStart", std::move(record));
  }
  Result operator()(const InitRuntimeDone& e) const {
    Object record;
    record.text("initializationType", name_of(e.initialization_type))
        .text("phase", name_of(e.phase))
        .status(e.status, e.error_type);
    return telemetry_only("platform.initRuntimeDone", std::move(record));
  }
  Result operator()(const InitReport& e) const {
    Object record;
    record.text("initializationType", name_of(e.initialization_type))
        .text("phase", name_of(e.phase))
        .status(e.status, e.error_type)
        .raw("metrics", std::move(Object().ms("durationMs", e.duration)).end());
    return telemetry_only("platform.initReport", std::move(record));
  }
  Result operator()(const Start& e) const {
    Object record;
    record.text("requestId", e.request_id).text_unless_empty("version", e.version);
    if (!is_logs_api(dialect)) {
      record.text_unless_empty("tenantId", e.tenant_id);
      add_trace(record, e.trace);
    }
    return Record{"platform.start", std::move(record).end()};
  }
  Result operator()(const RuntimeDone& e) const {
    if (dialect == Dialect::kLogs) return std::nullopt;
    Object record;
    record.text("requestId", e.request_id);
    if (is_logs_api(dialect)) {
      record.text("status", name_of(e.status));
      return Record{"platform.runtimeDone", std::move(record).end()};
    }
    record.text_unless_empty("tenantId", e.tenant_id).status(e.status, e.error_type);
    add_trace(record, e.trace);
    add_spans(record, e.spans);
    record.raw(
        "metrics",
        std::move(Object().ms("durationMs", e.duration).number("producedBytes", e.produced_bytes)).end());
    return Record{"platform.runtimeDone", std::move(record).end()};
  }
  Result operator()(const Report& e) const {
    Object metrics;
    metrics.ms("durationMs", e.duration)
        .number("billedDurationMs", static_cast<std::uint64_t>(e.billed_duration.count() / 1000))
        .number("memorySizeMB", e.memory_mb)
        .number("maxMemoryUsedMB", to_mb(e.peak_memory_bytes))
        .ms("initDurationMs", e.init_duration)
        .ms("restoreDurationMs", e.restore_duration);
    if (e.billed_restore_duration)
      metrics.number("billedRestoreDurationMs",
                     static_cast<std::uint64_t>(e.billed_restore_duration->count() / 1000));
    Object record;
    record.text("requestId", e.request_id);
    if (!is_logs_api(dialect)) record.text_unless_empty("tenantId", e.tenant_id);
    record.raw("metrics", std::move(metrics).end());
    add_trace(record, e.trace);
    if (!is_logs_api(dialect)) record.status(e.status, e.error_type);
    return Record{"platform.report", std::move(record).end()};
  }
  Result operator()(const End& e) const {
    // Only the Logs API has it: elsewhere runtimeDone and report say it.
    if (!is_logs_api(dialect)) return std::nullopt;
    return Record{"platform.end", std::move(Object().text("requestId", e.request_id)).end()};
  }
  Result operator()(const Fault& e) const {
    return Record{"platform.fault", quote_json(fmt::format("RequestId: {} Error: {}\n{}", e.request_id,
                                                           e.message, e.error_type))};
  }
  Result operator()(const TimedOut& e) const {
    return Record{"platform.fault", quote_json(fmt::format("{} {} {}", iso_time(now), e.request_id,
                                                           timeout_message(e.timeout)))};
  }
  Result operator()(const Extension& e) const {
    Object record;
    record.text("name", e.name).text("state", e.state).texts("events", e.events);
    record.text_unless_empty("errorType", e.error_type);
    return Record{"platform.extension", std::move(record).end()};
  }
  Result operator()(const RestoreStart& e) const {
    Object record;
    add_instance(record, e);
    return telemetry_only("platform.restoreStart", std::move(record));
  }
  Result operator()(const RestoreRuntimeDone& e) const {
    Object record;
    record.status(e.status, e.error_type);
    return telemetry_only("platform.restoreRuntimeDone", std::move(record));
  }
  Result operator()(const RestoreReport& e) const {
    Object record;
    record.status(e.status, e.error_type)
        .raw("metrics", std::move(Object().ms("durationMs", e.duration)).end());
    return telemetry_only("platform.restoreReport", std::move(record));
  }
  Result operator()(const LogsDropped& e) const {
    Object record;
    record
        .text("reason", "The subscriber takes its records more slowly than they are made: some were dropped.")
        .number("droppedRecords", e.records)
        .number("droppedBytes", e.bytes);
    return Record{"platform.logsDropped", std::move(record).end()};
  }
  Result operator()(const TelemetrySubscription& e) const {
    Object record;
    record.text("name", e.name).text("state", "Subscribed").texts("types", e.types);
    return Record{e.interface == TelemetryInterface::kLogs ? "platform.logsSubscription"
                                                           : "platform.telemetrySubscription",
                  std::move(record).end()};
  }
};

}  // namespace

std::string json_of(const PlatformEvent& event, TimePoint now, Dialect dialect) {
  std::optional<Record> record = std::visit(Json{dialect, now}, event);
  if (!record) return {};
  return fmt::format(R"({{"time":"{}","type":"{}","record":{}}})", iso_time(now), record->type, record->json);
}

}  // namespace martlet::environments
