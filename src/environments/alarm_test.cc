#include "environments/alarm.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "base/async_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

/// Lets everything that is ready run.
Task<> settle(Executor executor) {
  const auto real = make_system_clock(executor);
  co_await real->sleep_elapsed(1ms);
}

TEST(Alarm, LooksAtTheEarliestTimeItWasToldOf) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(0));
    int looks = 0;
    const auto look = [&]() -> Task<std::optional<Duration>> {
      ++looks;
      co_return std::nullopt;
    };
    Alarm alarm(executor, *clock, look);
    alarm.at_latest(20s);
    alarm.at_latest(10s);
    co_await settle(executor);
    clock->advance(10s);
    co_await settle(executor);
    EXPECT_EQ(looks, 1);
    clock->advance(20s);
    co_await settle(executor);
    EXPECT_EQ(looks, 1);
  });
}

TEST(Alarm, MayGoWhenItsTimeHasJustCome) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(0));
    int looks = 0;
    const auto look = [&]() -> Task<std::optional<Duration>> {
      ++looks;
      co_return std::nullopt;
    };
    auto alarm = std::make_unique<Alarm>(executor, *clock, look);
    alarm->at_latest(10s);
    co_await settle(executor);
    clock->advance(10s);  // the watch is about to resume
    alarm.reset();
    co_await settle(executor);
    EXPECT_EQ(looks, 0);
  });
}

}  // namespace
}  // namespace martlet::environments
