#pragma once

// How many batches of a mapping are with its function at a time, as the developer guide's "Configuring
// scaling behavior for SQS event source mappings" and "Backoff strategy for failed invocations" say: some at
// first, more every moment for which all places are taken, fewer when the function fails or is throttled.
// Plain values; the time comes from the caller.

#include <cstddef>
#include <optional>

#include "base/time.h"

namespace martlet::lambda {

struct ScalingLimits {
  /// Five batches at first; 1,250 at most; 300 more in a minute.
  std::size_t first = 5;
  std::size_t most = 1250;
  std::size_t more_per_minute = 300;

  bool operator==(const ScalingLimits&) const = default;
};

/// ScalingConfig.MaximumConcurrency.
ScalingLimits limits_of_maximum_concurrency(std::size_t maximum);
/// ProvisionedPollerConfig: a poller is good for ten concurrent invocations; a thousand more in a minute.
ScalingLimits limits_of_pollers(std::size_t minimum, std::size_t maximum);

class MappingScaling {
 public:
  explicit MappingScaling(ScalingLimits limits) { configure(limits); }

  void configure(ScalingLimits limits);

  /// Whether one batch more may begin.
  [[nodiscard]] bool admits(std::size_t under_way) const { return under_way < limit_; }
  /// All places are taken and somebody waits for one: when he is to ask again, because there is one more
  /// then. nullopt: only when a batch ends.
  std::optional<TimePoint> wait(TimePoint now);
  [[nodiscard]] std::size_t limit() const { return limit_; }

  // What came of a batch

  void began(TimePoint now);
  void succeeded();
  void failed();
  void throttled(TimePoint now);

 private:
  ScalingLimits limits_;
  Duration interval_{};
  std::size_t limit_ = 0;
  /// When the next place is added, while all are taken.
  std::optional<TimePoint> grows_at_;
  /// When somebody last waited for a place.
  TimePoint last_wait_{};
};

}  // namespace martlet::lambda
