#include "services/lambda/async_pace.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace martlet::lambda {
namespace {

using std::chrono::milliseconds;

/// A function that answers an event after 100 ms, but no more than `most_per_second`.
class Function {
 public:
  explicit Function(double most_per_second) : most_(most_per_second) {}

  /// Works for so long without pause; returns the most events that were under way at a time.
  std::size_t work(AsyncPace& pace, Duration duration) {
    std::size_t most = 0;
    for (const Duration end = now_ + duration; now_ < end;) {
      const double rate = std::min(static_cast<double>(pace.limit()) * 10, most_);
      now_ += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / rate));
      pace.answered(false, milliseconds(100), now_);
      most = std::max(most, pace.limit());
    }
    return most;
  }
  [[nodiscard]] Duration now() const { return now_; }

 private:
  double most_;
  Duration now_{};
};

TEST(AsyncPace, GrowsForAsLongAsMoreGetsDone) {
  AsyncPace pace;
  Function waits(1e9);
  EXPECT_EQ(pace.limit(), AsyncPace::kFirst);
  EXPECT_EQ(waits.work(pace, std::chrono::seconds(10)), AsyncPace::kMost);
  waits.work(pace, std::chrono::minutes(1));
  EXPECT_EQ(pace.limit(), AsyncPace::kMost);
}

TEST(AsyncPace, StopsWhereNothingIsGained) {
  AsyncPace pace;
  Function computes(50);
  EXPECT_LE(computes.work(pace, std::chrono::minutes(1)), 2 * AsyncPace::kFirst);
  Function half(250);
  EXPECT_LE(half.work(pace, std::chrono::minutes(1)), 8 * AsyncPace::kFirst);
}

TEST(AsyncPace, IsNotMisledByColdStarts) {
  AsyncPace pace;
  Duration now{};
  // Each environment's first event takes longer.
  for (int i = 0; i < 10; ++i) pace.answered(false, milliseconds(900), now += milliseconds(100));
  for (int i = 0; i < 100'000; ++i) {
    pace.answered(false, milliseconds(20), now += milliseconds(2));
    ASSERT_LE(pace.limit(), 2 * AsyncPace::kFirst);
  }
}

TEST(AsyncPace, GrowsWithSlowFunctions) {
  AsyncPace pace;
  Duration now{};
  for (int i = 0; i < 70; ++i)
    pace.answered(false, std::chrono::minutes(1), now += std::chrono::milliseconds(60'000 / pace.limit()));
  EXPECT_EQ(pace.limit(), 8 * AsyncPace::kFirst);
}

TEST(AsyncPace, TriesAgainAfterAWhile) {
  AsyncPace pace;
  Function function(50);
  function.work(pace, std::chrono::seconds(8));
  EXPECT_EQ(pace.limit(), AsyncPace::kFirst);
  // The processor has become free.
  const Duration end = function.now() + 2 * AsyncPace::kRest;
  for (Duration now = function.now(); now < end; now += std::chrono::microseconds(100'000) / pace.limit())
    pace.answered(false, milliseconds(100), now);
  EXPECT_GT(pace.limit(), 8 * AsyncPace::kFirst);
}

TEST(AsyncPace, DoesNotGrowWithEventsThatComeNowAndThen) {
  AsyncPace pace;
  for (int i = 0; i < 10'000; ++i) pace.answered(true, milliseconds(1), milliseconds(i));
  EXPECT_EQ(pace.limit(), AsyncPace::kFirst);
  // Nor with small piles of them.
  for (int i = 0; i < 10'000; ++i) pace.answered(i % 15 == 0, milliseconds(1), milliseconds(10'000 + i));
  EXPECT_LE(pace.limit(), 2 * AsyncPace::kFirst);
}

TEST(AsyncPace, IsHalvedByAThrottle) {
  AsyncPace pace;
  Function waits(1e9);
  waits.work(pace, std::chrono::seconds(10));
  pace.throttled(waits.now());
  EXPECT_EQ(pace.limit(), AsyncPace::kMost / 2);
  for (int i = 0; i < 20; ++i) pace.throttled(waits.now());
  EXPECT_EQ(pace.limit(), 1u);
  waits.work(pace, std::chrono::seconds(10));
  EXPECT_GT(pace.limit(), AsyncPace::kFirst);
}

}  // namespace
}  // namespace martlet::lambda
