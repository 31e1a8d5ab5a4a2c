#include "environments/memory_pressure.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/async_test.h"
#include "environments/fleet_test_support_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

std::string meminfo(int total_kb, int available_kb) {
  return "MemTotal:       " + std::to_string(total_kb) +
         " kB\nMemFree:   1 kB\nMemAvailable:   " + std::to_string(available_kb) + " kB\n";
}

TEST(MemoryPressure, ASixteenthIsKeptAvailable) {
  EXPECT_EQ(shortage_by(meminfo(1600, 100)), 0u);
  EXPECT_EQ(shortage_by(meminfo(1600, 90)), 10u << 10);
  EXPECT_EQ(shortage_by(""), 0u);
  EXPECT_EQ(shortage_by("MemTotal: 1600 kB\n"), 0u);  // not known: not short
}

TEST(MemoryPressure, ReadsTheKernelsFileNowAndThen) {
  Code proc;
  proc.file("meminfo", meminfo(1600, 40));
  run_async([&](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, TimePoint{});
    MemoryPressure pressure(executor, *clock, proc.directory(), [] {});
    pressure.watch();  // there is nothing to watch, which is no error
    EXPECT_EQ(pressure.shortage(), 60u << 10);
    EXPECT_EQ(pressure.shortage(), 0u);  // what was asked for has hardly been freed yet
    clock->advance(100ms);
    EXPECT_EQ(pressure.shortage(), 60u << 10);
    co_await pressure.stop();
  });
}

}  // namespace
}  // namespace martlet::environments
