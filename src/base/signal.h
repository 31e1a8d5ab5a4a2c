#pragma once

// A Signal wakes tasks that wait for something to change. It carries no state: a waiter checks its condition
// in a loop. Lives on the loop.

#include <chrono>
#include <memory>

#include "base/task.h"

namespace martlet {

class Signal {
 public:
  explicit Signal(Executor executor);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Waits for the next notification.
  Task<> wait();
  /// Wakes every current waiter.
  void notify_all();
  /// Wakes the waiter that has waited longest, if there is one.
  void notify_one();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet
