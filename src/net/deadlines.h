#pragma once

// Deadlines closes what has waited too long. Setting and clearing a deadline costs no timer: one sleeper
// serves all of them and looks again when the earliest may have passed. Lives on the loop; times are elapsed
// times of the Clock.

#include <cstddef>
#include <memory>

#include "base/clock.h"
#include "base/task.h"

namespace martlet::net {

class Deadlines {
 public:
  /// A deadline may be noticed up to `granularity` late.
  Deadlines(Executor executor, Clock& clock, Duration granularity);
  ~Deadlines();
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  /// No deadline expires any more, and the sleeper, which uses the clock, is asked to end.
  void cancel();
  /// cancel(), and waits for the sleeper's end. The owner awaits this before the clock goes away.
  Task<> stop();

  struct State;

  /// Something with a deadline.
  class Entry {
   public:
    explicit Entry(Deadlines& deadlines);
    virtual ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// Calls expired() once `timeout` has passed from now, unless armed again or disarmed before.
    void arm(Duration timeout);
    void disarm() { deadline_ = Duration::max(); }

   protected:
    /// Must not destroy entries.
    virtual void expired() = 0;

   private:
    friend struct Deadlines::State;
    std::shared_ptr<State> state_;
    std::size_t index_;
    Duration deadline_ = Duration::max();
  };

 private:
  std::shared_ptr<State> state_;
};

}  // namespace martlet::net
