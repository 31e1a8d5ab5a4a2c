#pragma once

// An Alarm looks after deadlines that keep moving to later times, as those of busy environments do: it sleeps
// to the earliest one it was told of, then looks again. Moving a deadline later costs nothing. Lives on the
// loop.

#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/task.h"
#include "base/task_group.h"

namespace martlet::environments {

class Alarm {
 public:
  /// Acts on what is due and returns the next time (Clock::elapsed) to look; nullopt to sleep until
  /// at_latest().
  using Look = std::function<Task<std::optional<Duration>>()>;

  /// `clock` and what `look` refers to must outlive the alarm; a look under way is cancelled with it.
  Alarm(Executor executor, Clock& clock, Look look);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// Looks at that time or before.
  void at_latest(Duration at);
  void cancel();

 private:
  struct State;
  static Task<> watch(std::shared_ptr<State> state, std::uint64_t ticket);

  std::shared_ptr<State> state_;
  TaskGroup task_;
};

}  // namespace martlet::environments
