#include "environments/alarm.h"

namespace martlet::environments {

Alarm::Alarm(Executor executor, Clock& clock, Look look)
    : clock_(clock), look_(std::move(look)), task_(std::move(executor)) {}

void Alarm::at_latest(Duration at) {
  if (until_ && *until_ <= at) return;
  task_.cancel();
  until_ = at;
  task_.spawn("alarm", watch());
}

void Alarm::cancel() {
  task_.cancel();
  until_.reset();
}

Task<> Alarm::watch() {
  while (until_) {
    const Duration left = *until_ - clock_.elapsed();
    if (left > Duration::zero()) {
      co_await clock_.sleep_elapsed(left);
      continue;
    }
    // Nothing is awaited for while looking: whoever sets a deadline meanwhile starts a watch of its own.
    until_.reset();
    const std::optional<Duration> next = co_await look_();
    if (until_) co_return;
    until_ = next;
  }
}

}  // namespace martlet::environments
