#pragma once

// A fleet over a ProcessWarden, for tests.

#include <gtest/gtest.h>

#include "environments/fleet_test_support_test.h"
#include "environments/process_warden_test.h"

namespace martlet::environments {

struct ProcessWorld {
  explicit ProcessWorld(Executor with, FleetOptions options = options_for_test())
      : executor(with),
        clock(make_system_clock(with)),
        warden(with),
        fleet(with, *clock, ids, warden, sink, options) {}
  Executor executor;
  std::unique_ptr<Clock> clock;
  Ids ids;
  ProcessWarden warden;
  CollectingSink sink;
  Fleet fleet;
};

using ProcessBody = std::function<Task<>(ProcessWorld&)>;

inline void with_process_fleet(ProcessBody body, FleetOptions options = options_for_test()) {
  run_async([&](Executor executor) -> Task<> {
    ProcessWorld world(executor, options);
    std::exception_ptr failure;
    try {
      co_await body(world);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await world.fleet.stop();
    EXPECT_EQ(world.warden.alive, 0);
    if (failure) std::rethrow_exception(failure);
  });
}

}  // namespace martlet::environments
