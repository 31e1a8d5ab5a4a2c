#include "environments/platform_log.h"

#include <gtest/gtest.h>

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

TEST(PlatformLog, StartEndAndReportAreWrittenAsAwsWritesThem) {
  EXPECT_EQ(start_line("id", "$LATEST"), "START RequestId: id Version: $LATEST\n");
  EXPECT_EQ(end_line("id"), "END RequestId: id\n");
  Report report{.request_id = "id",
                .duration = 12'340us,
                .billed_duration = billed(12'340us, 88'120us),
                .memory_mb = 128,
                .peak_memory_bytes = 35 << 20,
                .init_duration = 88'120us};
  EXPECT_EQ(report_line(report),
            "REPORT RequestId: id\tDuration: 12.34 ms\tBilled Duration: 101 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 35 MB\tInit Duration: 88.12 ms\t\n");
  report.init_duration.reset();
  report.status = "timeout";
  EXPECT_EQ(report_line(report),
            "REPORT RequestId: id\tDuration: 12.34 ms\tBilled Duration: 101 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 35 MB\tStatus: timeout\n");
  report.status = "error";
  report.error_type = "Runtime.ExitError";
  EXPECT_TRUE(report_line(report).ends_with("\tStatus: error\tError Type: Runtime.ExitError\n"));
}

TEST(PlatformLog, BillingRoundsUpToAMillisecond) {
  EXPECT_EQ(billed(1us, 0us), 1ms);
  EXPECT_EQ(billed(2ms, 0us), 2ms);
  EXPECT_EQ(billed(2001us, 0us), 3ms);
  EXPECT_EQ(billed(0us, 0us), 1ms);
}

TEST(PlatformLog, Timeout) {
  EXPECT_EQ(timeout_line(from_epoch_ms(1'700'000'000'123), "id", 3s),
            "2023-11-14T22:13:20.123Z id Task timed out after 3.00 seconds\n\n");
  EXPECT_EQ(
      platform_error("Sandbox.Timedout", "id", timeout_message(3s)),
      R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id Error: Task timed out after 3.00 seconds"})");
}

TEST(PlatformLog, StreamName) {
  EXPECT_EQ(log_stream_name(from_epoch_ms(1'700'000'000'123), "$LATEST", "00ff"), "2023/11/14/[$LATEST]00ff");
}

TEST(PlatformLog, InitStartNamesARuntimeVersion) {
  Spec spec;
  spec.region = "eu-west-1";
  const std::string line = init_start_line(spec, "python:3.12.1");
  EXPECT_TRUE(line.starts_with(
      "INIT_START Runtime Version: python:3.12.1\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:"));
}

}  // namespace
}  // namespace martlet::environments
