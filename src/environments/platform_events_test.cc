#include "environments/platform_events.h"

#include <gtest/gtest.h>

#include <vector>

#include "environments/platform_log.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = from_epoch_ms(1'700'000'000'123);
constexpr std::string_view kTrace =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

std::string text(const PlatformEvent& event) { return text_of(event, kNow); }

/// {"time","type","record"} with that type: the record.
std::string record(const PlatformEvent& event, std::string_view type, Dialect dialect = Dialect::kTelemetry) {
  const std::string json = json_of(event, kNow, dialect);
  const std::string head =
      R"({"time":"2023-11-14T22:13:20.123Z","type":")" + std::string(type) + R"(","record":)";
  EXPECT_TRUE(json.starts_with(head)) << json;
  return json.size() > head.size() ? json.substr(head.size(), json.size() - head.size() - 1) : json;
}

Report full_report() {
  return {.request_id = "id",
          .duration = 12'340us,
          .billed_duration = billed(12'340us, 88'120us),
          .memory_mb = 128,
          .peak_memory_bytes = 35 << 20,
          .init_duration = 88'120us};
}

TEST(PlatformEvents, StartEndAndReportAreWrittenAsAwsWritesThem) {
  EXPECT_EQ(text(Start{"id", "$LATEST"}), "START RequestId: id Version: $LATEST\n");
  EXPECT_EQ(text(End{"id"}), "END RequestId: id\n");
  Report report = full_report();
  EXPECT_EQ(text(report),
            "REPORT RequestId: id\tDuration: 12.34 ms\tBilled Duration: 101 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 35 MB\tInit Duration: 88.12 ms\t\n");
  report.init_duration.reset();
  report.status = Status::kTimeout;
  EXPECT_EQ(text(report),
            "REPORT RequestId: id\tDuration: 12.34 ms\tBilled Duration: 101 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 35 MB\tStatus: timeout\n");
  report.status = Status::kError;
  report.error_type = "Runtime.ExitError";
  EXPECT_TRUE(text(report).ends_with("\tStatus: error\tError Type: Runtime.ExitError\n"));
  report.status = Status::kFailure;
  EXPECT_TRUE(text(report).ends_with("Max Memory Used: 35 MB\t\n"));
}

TEST(PlatformEvents, TheTenantIsInTheRecordsOfAnInvocation) {
  const Start start{"id", "1", kTrace, "blue"};
  EXPECT_TRUE(
      record(start, "platform.start").starts_with(R"({"requestId":"id","version":"1","tenantId":"blue",)"));
  EXPECT_EQ(record(start, "platform.start", Dialect::kLogs), R"({"requestId":"id","version":"1"})");
  EXPECT_EQ(text(start), "START RequestId: id Version: 1\n");
  const RuntimeDone done{.request_id = "id", .tenant_id = "blue"};
  EXPECT_TRUE(record(done, "platform.runtimeDone").starts_with(R"({"requestId":"id","tenantId":"blue",)"));
  Report report = full_report();
  EXPECT_EQ(record(report, "platform.report").find("tenantId"), std::string::npos);
  report.tenant_id = "blue";
  EXPECT_TRUE(record(report, "platform.report", Dialect::kLog)
                  .starts_with(R"({"requestId":"id","tenantId":"blue",)"));
}

TEST(PlatformEvents, ReportTellsOfTheRestoreAndOfTheTrace) {
  Report report = full_report();
  report.init_duration.reset();
  report.restore_duration = 415'250us;
  report.billed_restore_duration = 416'000us;
  report.trace = kTrace;
  EXPECT_EQ(
      text(report),
      "REPORT RequestId: id\tDuration: 12.34 ms\tBilled Duration: 101 ms\tMemory Size: 128 MB\t"
      "Max Memory Used: 35 MB\tRestore Duration: 415.25 ms\tBilled Restore Duration: 416 ms\t\n"
      "XRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: 53995c3f42cd8ad8\tSampled: true\t\n");
  report.trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
  EXPECT_TRUE(text(report).ends_with("Billed Restore Duration: 416 ms\t\n"));
}

TEST(PlatformEvents, TheRestInText) {
  const std::vector<std::string> events{"INVOKE", "SHUTDOWN"};
  const std::vector<std::string> types{"platform", "function"};
  EXPECT_TRUE(text(InitStart{.runtime_version = "python:3.12.1", .region = "eu-west-1"})
                  .starts_with("INIT_START Runtime Version: python:3.12.1\tRuntime Version ARN: "
                               "arn:aws:lambda:eu-west-1::runtime:"));
  EXPECT_TRUE(text(RestoreStart{.runtime_version = "java:21", .region = "eu-west-1"})
                  .starts_with("RESTORE_START Runtime Version: java:21\tRuntime Version ARN: "));
  EXPECT_EQ(text(InitReport{.duration = 1ms}), "");
  EXPECT_EQ(
      text(InitReport{.phase = Phase::kInvoke,
                      .status = Status::kError,
                      .error_type = "Runtime.ExitError",
                      .duration = 1'250us}),
      "INIT_REPORT Init Duration: 1.25 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError\n");
  EXPECT_EQ(text(RestoreReport{.duration = 2ms}), "RESTORE_REPORT Restore Duration: 2.00 ms\n");
  EXPECT_EQ(text(Fault{"id", "Runtime exited with error: exit status 1", "Runtime.ExitError"}),
            "RequestId: id Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n");
  EXPECT_EQ(text(TimedOut{"id", 3s}), "2023-11-14T22:13:20.123Z id Task timed out after 3.00 seconds\n\n");
  EXPECT_EQ(text(Extension{.name = "agent", .state = "Ready", .events = events}),
            "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n");
  EXPECT_EQ(text(TelemetrySubscription{.name = "agent", .types = types}),
            "TELEMETRY\tName: agent\tState: Subscribed\tTypes: [Platform, Function]\n");
  EXPECT_EQ(text(TelemetrySubscription{.interface = TelemetryInterface::kLogs, .name = "a", .types = types}),
            "LOGS\tName: a\tState: Subscribed\tTypes: [Platform, Function]\n");
  EXPECT_EQ(text(InitRuntimeDone{}) + text(RuntimeDone{}) + text(RestoreRuntimeDone{}) + text(LogsDropped{}),
            "");
}

TEST(PlatformEvents, InitialisationInJson) {
  const std::string arn = runtime_version_arn("eu-west-1", "nodejs:20.v1");
  EXPECT_EQ(record(InitStart{.phase = Phase::kInit,
                             .runtime_version = "nodejs:20.v1",
                             .region = "eu-west-1",
                             .function_name = "f",
                             .function_version = "7",
                             .instance_id = "stream",
                             .memory_mb = 256},
                   "platform.initStart"),
            R"({"initializationType":"on-demand","phase":"init","functionName":"f","functionVersion":"7",)"
            R"("instanceId":"stream","instanceMaxMemory":268435456,"runtimeVersion":"nodejs:20.v1",)"
            R"("runtimeVersionArn":")" +
                arn + "\"}");
  EXPECT_EQ(record(InitRuntimeDone{.initialization_type = InitializationType::kProvisionedConcurrency},
                   "platform.initRuntimeDone"),
            R"({"initializationType":"provisioned-concurrency","phase":"init","status":"success"})");
  EXPECT_EQ(record(InitReport{.phase = Phase::kInvoke,
                              .status = Status::kError,
                              .error_type = "Runtime.Unknown",
                              .duration = 125'330us},
                   "platform.initReport"),
            R"({"initializationType":"on-demand","phase":"invoke","status":"error",)"
            R"("errorType":"Runtime.Unknown","metrics":{"durationMs":125.33}})");
  EXPECT_EQ(json_of(InitStart{}, kNow, Dialect::kLogs), "");
  EXPECT_EQ(json_of(InitReport{}, kNow, Dialect::kLogs20210318), "");
}

TEST(PlatformEvents, RestoreInJson) {
  EXPECT_EQ(record(RestoreStart{.function_name = "f", .memory_mb = 1}, "platform.restoreStart"),
            R"({"functionName":"f","instanceMaxMemory":1048576})");
  EXPECT_EQ(record(RestoreRuntimeDone{}, "platform.restoreRuntimeDone"), R"({"status":"success"})");
  EXPECT_EQ(record(RestoreReport{.duration = 50'500us, .status = Status::kTimeout}, "platform.restoreReport"),
            R"({"status":"timeout","metrics":{"durationMs":50.5}})");
}

TEST(PlatformEvents, InvocationsInJson) {
  const std::string tracing = R"("tracing":{"spanId":"53995c3f42cd8ad8","type":"X-Amzn-Trace-Id","value":")" +
                              std::string(kTrace) + "\"}";
  EXPECT_EQ(record(Start{"id", "$LATEST", kTrace}, "platform.start"),
            R"({"requestId":"id","version":"$LATEST",)" + tracing + "}");
  const std::vector<EventSpan> spans{{.name = "responseLatency", .start = kNow, .duration = 23'020us},
                                     {.name = "responseDuration", .start = kNow, .duration = 20us}};
  EXPECT_EQ(
      record(RuntimeDone{.request_id = "id",
                         .status = Status::kFailure,
                         .error_type = "ValueError",
                         .duration = 140ms,
                         .produced_bytes = 16,
                         .spans = spans,
                         .trace = kTrace},
             "platform.runtimeDone"),
      R"({"requestId":"id","status":"failure","errorType":"ValueError",)" + tracing +
          R"(,"spans":[{"name":"responseLatency","start":"2023-11-14T22:13:20.123Z","durationMs":23.02},)"
          R"({"name":"responseDuration","start":"2023-11-14T22:13:20.123Z","durationMs":0.02}],)"
          R"("metrics":{"durationMs":140,"producedBytes":16}})");
  EXPECT_EQ(record(full_report(), "platform.report"),
            R"({"requestId":"id","metrics":{"durationMs":12.34,"billedDurationMs":101,"memorySizeMB":128,)"
            R"("maxMemoryUsedMB":35,"initDurationMs":88.12},"status":"success"})");
  EXPECT_EQ(record(Fault{"id", "gone", "Runtime.ExitError"}, "platform.fault"),
            R"("RequestId: id Error: gone\nRuntime.ExitError")");
  EXPECT_EQ(record(TimedOut{"id", 3s}, "platform.fault"),
            R"("2023-11-14T22:13:20.123Z id Task timed out after 3.00 seconds")");
  EXPECT_EQ(json_of(End{"id"}, kNow, Dialect::kTelemetry), "");
}

TEST(PlatformEvents, TheLogsApiHasItsOwnForms) {
  EXPECT_EQ(record(Start{"id", "1", kTrace}, "platform.start", Dialect::kLogs),
            R"({"requestId":"id","version":"1"})");
  EXPECT_EQ(record(End{"id"}, "platform.end", Dialect::kLogs), R"({"requestId":"id"})");
  EXPECT_EQ(json_of(RuntimeDone{.request_id = "id"}, kNow, Dialect::kLogs), "");
  EXPECT_EQ(record(RuntimeDone{.request_id = "id", .status = Status::kTimeout}, "platform.runtimeDone",
                   Dialect::kLogs20210318),
            R"({"requestId":"id","status":"timeout"})");
  EXPECT_EQ(record(Report{.request_id = "id", .memory_mb = 128}, "platform.report", Dialect::kLogs),
            R"({"requestId":"id","metrics":{"durationMs":0,"billedDurationMs":0,"memorySizeMB":128,)"
            R"("maxMemoryUsedMB":0}})");
}

TEST(PlatformEvents, ExtensionsInJson) {
  const std::vector<std::string> names{"INVOKE", "SHUTDOWN"};
  EXPECT_EQ(record(Extension{.name = "a\"b", .state = "Ready", .events = names}, "platform.extension"),
            R"({"name":"a\"b","state":"Ready","events":["INVOKE","SHUTDOWN"]})");
  EXPECT_EQ(record(TelemetrySubscription{.name = "a", .types = {}}, "platform.telemetrySubscription"),
            R"({"name":"a","state":"Subscribed","types":[]})");
  EXPECT_NE(json_of(TelemetrySubscription{.interface = TelemetryInterface::kLogs, .name = "a", .types = {}},
                    kNow, Dialect::kLogs)
                .find("platform.logsSubscription"),
            std::string::npos);
  const std::string dropped = record(LogsDropped{.records = 3, .bytes = 40}, "platform.logsDropped");
  EXPECT_NE(dropped.find(R"("droppedRecords":3,"droppedBytes":40)"), std::string::npos);
}

TEST(PlatformEvents, Levels) {
  const auto debug = SystemLevel::kDebug;
  const auto info = SystemLevel::kInfo;
  const auto warn = SystemLevel::kWarn;
  EXPECT_EQ(level_of(InitStart{}), debug);
  EXPECT_EQ(level_of(InitStart{.runtime_version = "x"}), info);
  EXPECT_EQ(level_of(InitRuntimeDone{}), debug);
  EXPECT_EQ(level_of(InitRuntimeDone{.status = Status::kError}), warn);
  EXPECT_EQ(level_of(InitReport{}), debug);
  EXPECT_EQ(level_of(InitReport{.initialization_type = InitializationType::kSnapStart}), info);
  EXPECT_EQ(level_of(InitReport{.status = Status::kTimeout}), warn);
  EXPECT_EQ(level_of(RestoreStart{.runtime_version = "x"}), info);
  EXPECT_EQ(level_of(RestoreRuntimeDone{}), debug);
  EXPECT_EQ(level_of(RestoreReport{}), info);
  EXPECT_EQ(level_of(RestoreReport{.status = Status::kError}), warn);
  EXPECT_EQ(level_of(Start{}), info);
  EXPECT_EQ(level_of(RuntimeDone{}), debug);
  EXPECT_EQ(level_of(RuntimeDone{.status = Status::kFailure}), warn);
  EXPECT_EQ(level_of(Report{}), info);
  EXPECT_EQ(level_of(Report{.status = Status::kFailure}), warn);
  EXPECT_EQ(level_of(Extension{}), info);
  EXPECT_EQ(level_of(Extension{.error_type = "Extension.LaunchError"}), warn);
  EXPECT_EQ(level_of(TelemetrySubscription{}), info);
  EXPECT_EQ(level_of(LogsDropped{}), warn);
  EXPECT_EQ(system_level_of("DEBUG"), debug);
  EXPECT_EQ(system_level_of(""), info);
}

}  // namespace
}  // namespace martlet::environments
