#pragma once

// MemoryPressure: tells when this machine runs short of memory. The kernel wakes it when tasks stall for
// memory (a trigger on /proc/pressure/memory, where there is one); between that, whoever is about to use more
// memory asks shortage(). Owned by the fleet; lives on the loop.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "base/task_group.h"

namespace martlet::environments {

class MemoryPressure {
 public:
  /// `proc` is where the kernel's files are. `stalled` is called when tasks have stalled, at most every two
  /// seconds.
  MemoryPressure(Executor executor, Clock& clock, std::string proc, std::function<void()> stalled);

  void watch();
  Task<> stop();

  /// How many bytes should be freed so that the machine has enough left; looks at most every 100 ms.
  std::uint64_t shortage();

 private:
  Task<> wait_for_stalls(int trigger);

  Executor executor_;
  Clock& clock_;
  std::string proc_;
  std::function<void()> stalled_;
  std::optional<Duration> looked_at_;
  TaskGroup tasks_;
};

/// Bytes to free by the text of /proc/meminfo: what is available is kept at a sixteenth of the total.
std::uint64_t shortage_by(const std::string& meminfo);

}  // namespace martlet::environments
