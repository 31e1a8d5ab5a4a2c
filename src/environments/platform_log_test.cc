#include "environments/platform_log.h"

#include <gtest/gtest.h>

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

TEST(PlatformLog, BillingRoundsUpToAMillisecond) {
  EXPECT_EQ(billed(1us, 0us), 1ms);
  EXPECT_EQ(billed(2ms, 0us), 2ms);
  EXPECT_EQ(billed(2001us, 0us), 3ms);
  EXPECT_EQ(billed(0us, 0us), 1ms);
}

TEST(PlatformLog, Timeout) {
  EXPECT_EQ(
      platform_error("Sandbox.Timedout", "id", timeout_message(3s)),
      R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id Error: Task timed out after 3.00 seconds"})");
}

TEST(PlatformLog, StreamName) {
  EXPECT_EQ(log_stream_name(from_epoch_ms(1'700'000'000'123), "$LATEST", "00ff"), "2023/11/14/[$LATEST]00ff");
}

}  // namespace
}  // namespace martlet::environments
