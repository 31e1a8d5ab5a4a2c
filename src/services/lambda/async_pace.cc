#include "services/lambda/async_pace.h"

#include <algorithm>

namespace martlet::lambda {

namespace {

/// Twice as many at a time are worth it when so much more gets done.
constexpr double kWorthwhile = 1.2;
/// What is counted for less says little.
constexpr Duration kShortest = std::chrono::milliseconds(250);

}  // namespace

void AsyncPace::begin(Phase phase, Duration now) {
  phase_ = phase;
  since_ = now;
  answers_ = 0;
}

void AsyncPace::answered(bool scarce, Duration took, Duration now) {
  if (!scarce && took >= kSlow) {
    limit_ = std::min(limit_ + 1, kMost);
    forget();
    begin(Phase::kMeasuring, now);
    return;
  }
  if (scarce || since_ == Duration::min()) {
    // What is done then is not limited by how many may be under way.
    if (before_ != 0) limit_ = before_;
    forget();
    begin(Phase::kMeasuring, now);
    return;
  }
  ++answers_;
  switch (phase_) {
    case Phase::kMeasuring:
      if (answers_ >= limit_ && now - since_ >= kShortest)
        measured(static_cast<double>(answers_) / std::chrono::duration<double>(now - since_).count(), now);
      break;
    case Phase::kGrowing:
      limit_ = std::min(limit_ + 1, kMost);
      if (limit_ >= std::min(2 * before_, kMost)) begin(Phase::kMeasuring, now);
      break;
    case Phase::kResting:
      if (now - since_ >= kRest) begin(Phase::kMeasuring, now);
      break;
  }
}

void AsyncPace::measured(double rate, Duration now) {
  if (before_ != 0 && rate < kWorthwhile * rate_before_) {
    limit_ = before_;
    forget();
    begin(Phase::kResting, now);
    return;
  }
  before_ = 0;
  // At first it is cold starts that are measured.
  const bool is_steady = rate < kWorthwhile * rate_before_;
  rate_before_ = std::max(rate, is_steady ? rate_before_ : 0);
  if (is_steady && limit_ < kMost) before_ = limit_;
  begin(before_ != 0 ? Phase::kGrowing : Phase::kMeasuring, now);
}

void AsyncPace::forget() {
  before_ = 0;
  rate_before_ = 0;
}

void AsyncPace::throttled(Duration now) {
  limit_ = std::max<std::size_t>(1, limit_ / 2);
  forget();
  begin(Phase::kMeasuring, now);
}

}  // namespace martlet::lambda
