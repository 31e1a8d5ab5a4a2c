#include "environments/alarm.h"

namespace martlet::environments {

/// Shared with the watch under way: one that has been cancelled may still resume once, when its sleep was
/// already over, and the alarm may be gone by then.
struct Alarm::State {
  Clock& clock;
  Look look;
  std::optional<Duration> until;
  /// The watch that counts; others end at their next step.
  std::uint64_t current = 0;
};

Alarm::Alarm(Executor executor, Clock& clock, Look look)
    : state_(std::make_shared<State>(clock, std::move(look))), task_(std::move(executor)) {}

Alarm::~Alarm() { cancel(); }

void Alarm::at_latest(Duration at) {
  if (state_->until && *state_->until <= at) return;
  cancel();
  state_->until = at;
  task_.spawn("alarm", watch(state_, state_->current));
}

void Alarm::cancel() {
  ++state_->current;
  state_->until.reset();
  task_.cancel();
}

Task<> Alarm::watch(std::shared_ptr<State> state, std::uint64_t ticket) {
  while (ticket == state->current && state->until) {
    const Duration left = *state->until - state->clock.elapsed();
    if (left > Duration::zero()) {
      co_await state->clock.sleep_elapsed(left);
      continue;
    }
    // Nothing is awaited for while looking: whoever sets a deadline meanwhile starts a watch of its own.
    state->until.reset();
    const std::optional<Duration> next = co_await state->look();
    if (ticket != state->current || state->until) co_return;
    state->until = next;
  }
}

}  // namespace martlet::environments
