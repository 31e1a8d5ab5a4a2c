#include "environments/application_level.h"

#include <gtest/gtest.h>

namespace martlet::environments {
namespace {

constexpr auto kWarn = ApplicationLevel::kWarn;

TEST(ApplicationLevel, AJsonLineHasTheLevelThatItNames) {
  EXPECT_FALSE(reaches_log(R"({"level":"info","timestamp":"2026-01-31T12:00:00Z","msg":"m"})", kWarn));
  EXPECT_TRUE(reaches_log(R"({"level":"WARNING","time":"2026-01-31T12:00:00.5+01:00"})", kWarn));
  EXPECT_TRUE(reaches_log("  {\"@timestamp\":\"2026-01-31t12:00:00z\",\"level\":\"Error\"}\n", kWarn));
  EXPECT_FALSE(
      reaches_log(R"({"level":"debug","timestamp":"2026-01-31T12:00:00Z"})", ApplicationLevel::kInfo));
  EXPECT_TRUE(
      reaches_log(R"({"level":"debug","timestamp":"2026-01-31T12:00:00Z"})", ApplicationLevel::kTrace));
}

TEST(ApplicationLevel, WithoutLevelOrTimeItCountsAsInfo) {
  for (const char* line : {R"({"msg":"m"})", R"({"level":"loud","timestamp":"2026-01-31T12:00:00Z"})",
                           R"({"level":"error"})", R"({"level":"debug","timestamp":"yesterday"})",
                           R"({"level":50,"timestamp":"2026-01-31T12:00:00Z"})"}) {
    EXPECT_TRUE(reaches_log(line, ApplicationLevel::kInfo)) << line;
    EXPECT_FALSE(reaches_log(line, kWarn)) << line;
  }
}

TEST(ApplicationLevel, PlainTextIsNeverFiltered) {
  for (const char* line : {"hello\n", "", "[1,2]", "{broken", "{\"a\":1} and more", "\"text\"", "\n"})
    EXPECT_TRUE(reaches_log(line, ApplicationLevel::kFatal)) << line;
}

TEST(ApplicationLevel, Names) {
  EXPECT_EQ(application_level_of("TRACE"), ApplicationLevel::kTrace);
  EXPECT_EQ(application_level_of("critical"), ApplicationLevel::kFatal);
  EXPECT_EQ(application_level_of(""), ApplicationLevel::kInfo);
}

TEST(ApplicationLevel, Rfc3339) {
  for (const char* time :
       {"2026-01-31T12:00:00Z", "2026-01-31 12:00:00.123456789Z", "2026-12-31T23:59:60-00:30"})
    EXPECT_TRUE(is_rfc3339(time)) << time;
  for (const char* time :
       {"", "2026-01-31", "2026-01-31T12:00:00", "2026-13-31T12:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Z ", "26-01-31T12:00:00Z"})
    EXPECT_FALSE(is_rfc3339(time)) << time;
}

}  // namespace
}  // namespace martlet::environments
