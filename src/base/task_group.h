#pragma once

// A TaskGroup owns background work: it starts tasks, knows their names, logs the error of one that fails, and
// can wait for all of them to end. Nothing in Martlet is spawned any other way. Lives on the loop.

#include <cstddef>
#include <memory>
#include <string>

#include "base/task.h"

namespace martlet {

class TaskGroup {
 public:
  explicit TaskGroup(Executor executor);
  /// Cancels what is still running. Owners that need an orderly end co_await stop() first.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task`. An exception that leaves it is logged under `name` (a cancellation is not an error).
  void spawn(std::string name, Task<> task);

  /// Asks every running task to end.
  void cancel();

  /// Waits until no task is running.
  Task<> join();

  /// cancel() and join().
  Task<> stop();

  /// Number of tasks still running.
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace martlet
