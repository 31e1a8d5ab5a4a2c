#pragma once

// Clock: every wait and every reading of the time goes through one of these, so that a user's test can jump
// ahead and our own tests run in simulated time. Lives on the loop.
//
// Two kinds of time are kept apart. *Wall time* is what AWS semantics are written in (retries, schedules,
// expiry): it moves when somebody calls advance(). *Elapsed time* belongs to real processes and sockets (a
// function's timeout, an idle connection): jumping an hour ahead must not kill a function that has run for a
// second.

#include <chrono>
#include <memory>

#include "base/task.h"
#include "base/time.h"

namespace martlet {

/// Milliseconds since the Unix epoch, as most AWS APIs write a time.
std::int64_t to_epoch_ms(TimePoint time);
TimePoint from_epoch_ms(std::int64_t ms);

class Clock {
 public:
  virtual ~Clock() = default;

  /// Wall time.
  [[nodiscard]] virtual TimePoint now() const = 0;
  /// Monotonic elapsed time since an arbitrary start; not moved by advance().
  [[nodiscard]] virtual Duration elapsed() const = 0;
  /// Waits until wall time has reached `deadline`; returns at once if it has.
  virtual Task<> sleep_until(TimePoint deadline) = 0;
  /// Waits `duration` of elapsed time.
  virtual Task<> sleep_elapsed(Duration duration) = 0;
  /// Moves wall time forward and wakes every sleeper whose deadline has passed. `by` must not be negative.
  virtual void advance(Duration by) = 0;

  /// Waits `duration` of wall time.
  Task<> sleep_for(Duration duration);
};

/// The system's clock plus what advance() added.
std::unique_ptr<Clock> make_system_clock(Executor executor);

/// Time that moves only by advance(), both wall and elapsed; starts at `start`.
std::unique_ptr<Clock> make_simulated_clock(Executor executor, TimePoint start);

}  // namespace martlet
