#pragma once

// AsyncPace: how many events of one function are with environments at a time. It doubles for as long as the
// function then gets more done; more environments than that would take memory, and the processor from each
// other and from the server, for nothing. What was tried in vain is tried again after a while. A function
// that takes long is not measured, which would take longer: each of its answers makes room for one more. A
// throttle halves it. A value that is told the time; free of loops.

#include <cstddef>

#include "base/time.h"

namespace martlet::lambda {

class AsyncPace {
 public:
  static constexpr std::size_t kFirst = 10;
  static constexpr std::size_t kMost = 1000;
  /// Between two trials of which the first was in vain.
  static constexpr Duration kRest = std::chrono::seconds(10);
  /// What takes so long is not measured.
  static constexpr Duration kSlow = std::chrono::seconds(1);

  /// Events that may be with environments now.
  [[nodiscard]] std::size_t limit() const { return limit_; }
  /// The function has answered one, well or badly, at `now` (elapsed time), after it `took` so long.
  /// `scarce`: there were fewer events than it could have been given.
  void answered(bool scarce, Duration took, Duration now);
  /// It could not take one.
  void throttled(Duration now);

 private:
  enum class Phase { kMeasuring, kGrowing, kResting };
  void begin(Phase phase, Duration now);
  /// So many answers came in a second, as long as the limit was what it is.
  void measured(double rate, Duration now);
  /// What was measured means nothing any more.
  void forget();

  std::size_t limit_ = kFirst;
  Phase phase_ = Phase::kMeasuring;
  /// When the phase began; of the first one, unknown before the first answer.
  Duration since_ = Duration::min();
  /// Answers in this phase.
  std::size_t answers_ = 0;
  /// The limit before it was doubled, and the answers per second then; 0 when there is nothing to compare
  /// with.
  std::size_t before_ = 0;
  double rate_before_ = 0;
};

}  // namespace martlet::lambda
