#pragma once

// The two words in which all code speaks of time; clocks are in base/clock.h.

#include <chrono>

namespace martlet {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

}  // namespace martlet
