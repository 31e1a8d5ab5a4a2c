#include "services/lambda/mapping_scaling.h"

#include <algorithm>

namespace martlet::lambda {

namespace {

constexpr std::size_t kInvocationsOfAPoller = 10;
constexpr std::size_t kProvisionedMorePerMinute = 1000;
/// A function that fails is given no fewer batches than this.
constexpr std::size_t kFewestOfAFailingFunction = 2;
/// After a throttle nothing is added for this long.
constexpr Duration kPauseAfterThrottle = std::chrono::seconds(10);
/// Without a backlog for this long, it begins anew.
constexpr Duration kForgetAfter = std::chrono::minutes(1);

}  // namespace

ScalingLimits limits_of_maximum_concurrency(std::size_t maximum) {
  ScalingLimits limits;
  limits.first = std::min(limits.first, maximum);
  limits.most = maximum;
  return limits;
}

ScalingLimits limits_of_pollers(std::size_t minimum, std::size_t maximum) {
  return {.first = minimum * kInvocationsOfAPoller,
          .most = maximum * kInvocationsOfAPoller,
          .more_per_minute = kProvisionedMorePerMinute};
}

void MappingScaling::configure(ScalingLimits limits) {
  if (limit_ != 0 && limits == limits_) return;
  limits_ = limits;
  interval_ = Duration(std::chrono::minutes(1)) / static_cast<std::int64_t>(limits.more_per_minute);
  limit_ = limits.first;
  grows_at_.reset();
}

std::optional<TimePoint> MappingScaling::wait(TimePoint now) {
  last_wait_ = now;
  if (limit_ >= limits_.most) return std::nullopt;
  if (grows_at_ && *grows_at_ <= now) {
    ++limit_;
    grows_at_.reset();
    return now;
  }
  if (!grows_at_) grows_at_ = now + interval_;
  return grows_at_;
}

void MappingScaling::began(TimePoint now) {
  if (grows_at_ && *grows_at_ <= now) grows_at_.reset();
  if (limit_ > limits_.first && now - last_wait_ >= kForgetAfter) limit_ = limits_.first;
}

void MappingScaling::succeeded() {
  if (limit_ < limits_.first) ++limit_;
}

void MappingScaling::failed() {
  if (limit_ > std::min(kFewestOfAFailingFunction, limits_.most)) --limit_;
}

void MappingScaling::throttled(TimePoint now) {
  limit_ = std::max<std::size_t>(1, limit_ / 2);
  grows_at_ = now + kPauseAfterThrottle;
}

}  // namespace martlet::lambda
