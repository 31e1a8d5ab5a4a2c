#pragma once

// A fleet over a real warden, for tests; they are skipped, with the reason, where no sandbox can be made.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "environments/fleet_test_support_test.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

struct SandboxedWorld {
  SandboxedWorld(Executor with, sandbox::Warden& its_warden, FleetOptions options)
      : executor(with),
        clock(make_system_clock(with)),
        warden(its_warden),
        fleet(with, *clock, ids, warden, sink, std::move(options)) {}
  Executor executor;
  std::unique_ptr<Clock> clock;
  Ids ids;
  sandbox::Warden& warden;
  CollectingSink sink;
  Fleet fleet;
};

using SandboxedBody = std::function<Task<>(SandboxedWorld&)>;

inline Task<> run_world(Executor executor, sandbox::Warden& warden, const SandboxedBody& body,
                        FleetOptions options) {
  SandboxedWorld world(executor, warden, std::move(options));
  std::exception_ptr failure;
  try {
    co_await body(world);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await world.fleet.stop();
  EXPECT_EQ(world.fleet.statistics().memory_bytes, 0u);
  if (failure) std::rethrow_exception(failure);
}

inline void with_sandboxed_fleet(const SandboxedBody& body, FleetOptions options = options_for_test()) {
  const Code run_directory;
  const auto process = sandbox::fork_warden({.run_directory = run_directory.directory()});
  boost::asio::io_context loop(1);
  const auto warden = sandbox::connect_warden(loop.get_executor(), process);
  if (!warden->capabilities().refusal.empty()) GTEST_SKIP() << warden->capabilities().refusal;
  std::exception_ptr failure;
  bool ended = false;
  boost::asio::co_spawn(loop, run_world(loop.get_executor(), *warden, body, std::move(options)),
                        [&](std::exception_ptr thrown) {
                          failure = thrown;
                          ended = true;
                        });
  // The warden's socket is always being read, so that the loop itself does not end.
  while (!ended && loop.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace martlet::environments
