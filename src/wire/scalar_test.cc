// Timestamps, numbers and patterns.

#include "wire/scalar.h"

#include <gtest/gtest.h>

#include <cmath>

#include "wire/pattern.h"
#include "wire/timestamp.h"

namespace martlet::wire {
namespace {

using std::chrono::milliseconds;

TimePoint at_ms(std::int64_t ms) { return TimePoint(milliseconds(ms)); }

TEST(Timestamp, ReadsEveryForm) {
  EXPECT_EQ(parse_timestamp("2014-04-29T18:30:38Z"), at_ms(1398796238000));
  EXPECT_EQ(parse_timestamp("2014-04-29T18:30:38.125Z"), at_ms(1398796238125));
  EXPECT_EQ(parse_timestamp("2014-04-29T20:00:38+01:30"), at_ms(1398796238000));
  EXPECT_EQ(parse_timestamp("2014-04-29"), at_ms(1398729600000));
  EXPECT_EQ(parse_timestamp("Tue, 29 Apr 2014 18:30:38 GMT"), at_ms(1398796238000));
  EXPECT_EQ(parse_timestamp("1398796238.5"), at_ms(1398796238500));
  EXPECT_EQ(parse_timestamp("-1"), at_ms(-1000));
  EXPECT_EQ(parse_timestamp("1.398796238E9"), at_ms(1398796238000));
}

TEST(Timestamp, RefusesWhatIsNoTime) {
  for (const char* text : {"", "today", "2014-13-01T00:00:00Z", "2014-02-30", "2014-04-29T18:30",
                           "x2014-04-29", "2014-04-29T25:00:00Z", "Tue, 29 Foo 2014 18:30:38 GMT", "1.2.3",
                           "2014-04-29T18:30:38Zx", "2014-04-29T18:30:38.Z", "nan", "T"})
    EXPECT_EQ(parse_timestamp(text).has_value(), text == std::string_view("2014-04-29T18:30")) << text;
}

TEST(Timestamp, TimesOutOfRangeAreHeldAtTheEdge) {
  EXPECT_EQ(parse_timestamp("9999-12-31T23:59:59Z"), TimePoint::max());
  EXPECT_EQ(parse_timestamp("0001-01-01T00:00:00Z"), TimePoint::min());
  EXPECT_EQ(from_epoch_seconds(-1e30), TimePoint::min());
  EXPECT_EQ(from_epoch_seconds(std::nan("")), std::nullopt);
  EXPECT_FALSE(format_timestamp(TimePoint::max(), TimeFormat::kDateTime).empty());
  EXPECT_FALSE(format_timestamp(TimePoint::min(), TimeFormat::kHttpDate).empty());
}

TEST(Timestamp, WritesEveryForm) {
  const TimePoint time = at_ms(1398796238120);
  EXPECT_EQ(format_timestamp(time, TimeFormat::kEpochSeconds), "1398796238.12");
  EXPECT_EQ(format_timestamp(time, TimeFormat::kDateTime), "2014-04-29T18:30:38.120Z");
  EXPECT_EQ(format_timestamp(time, TimeFormat::kHttpDate), "Tue, 29 Apr 2014 18:30:38 GMT");
  EXPECT_EQ(format_timestamp(at_ms(-1500), TimeFormat::kEpochSeconds), "-1.5");
  EXPECT_EQ(format_timestamp(at_ms(-1500), TimeFormat::kDateTime), "1969-12-31T23:59:58.500Z");
  EXPECT_EQ(format_timestamp(at_ms(0), TimeFormat::kEpochSeconds), "0");
}

TEST(Numbers, AreShortAndExact) {
  EXPECT_EQ(double_text(0.1), "0.1");
  EXPECT_EQ(float_text(5.5F), "5.5");
  EXPECT_EQ(double_text(-INFINITY), "-Infinity");
  EXPECT_EQ(parse_double("1e3"), 1000);
  EXPECT_EQ(parse_double("inf"), std::nullopt);
  EXPECT_EQ(parse_double("0x10"), std::nullopt);
  EXPECT_EQ(parse_double(""), std::nullopt);
}

TEST(Patterns, MatchTheWholeText) {
  EXPECT_TRUE(matches_pattern("[a-z]+", "abc"));
  EXPECT_FALSE(matches_pattern("[a-z]+", "abc "));
  EXPECT_FALSE(matches_pattern("^[a-z]*$", "abc\n"));
  EXPECT_TRUE(matches_pattern("[a-zA-Z0-9-_]+", "a-_9"));
}

TEST(Patterns, JavaSpellingsAreTranslated) {
  EXPECT_TRUE(matches_pattern(R"([\u0020-\u007E]{1,4096})", "abc"));
  EXPECT_TRUE(matches_pattern(R"([\p{Print}]+)", "abc"));
  EXPECT_TRUE(matches_pattern(R"(\p{Print}+)", "a c"));
  EXPECT_FALSE(matches_pattern(R"(\p{Print}+)", "a\tc"));
  EXPECT_TRUE(matches_pattern(R"([\p{L}\p{N}_.:/=+\-@]*)", "Grüße/1"));
  EXPECT_TRUE(matches_pattern(R"([\u0009\u0020-\uD7FF\u10000-\u10FFFF]+)", "a😹"));
  EXPECT_EQ(translate_pattern("[a-z-_]{0,2000}x{2}"), R"([a-z\-_]{0,}x{2})");
}

TEST(Patterns, LookingAroundNeedsBacktracking) {
  const char* alias = R"((?!^[0-9]+$)([a-zA-Z0-9-_]+))";
  EXPECT_EQ(pattern_engine(alias), PatternEngine::kBacktracking);
  EXPECT_TRUE(matches_pattern(alias, "blue"));
  EXPECT_FALSE(matches_pattern(alias, "123"));
  EXPECT_EQ(pattern_engine("[a-z]"), PatternEngine::kLinear);
}

TEST(Patterns, HostileTextsAndPatternsEnd) {
  const std::string text(2000, 'a');
  EXPECT_TRUE(matches_pattern(R"((?!x)(a|a|aa)+$b)", text));  // given up, so accepted
  EXPECT_TRUE(matches_pattern("(?!x)a", std::string(1'000'000, 'a')));
  EXPECT_EQ(pattern_engine("(["), PatternEngine::kNone);
  EXPECT_TRUE(matches_pattern("([", "anything"));
}

}  // namespace
}  // namespace martlet::wire
