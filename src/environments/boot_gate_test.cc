#include "environments/boot_gate.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/async_test.h"
#include "base/task_group.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

struct Gate {
  explicit Gate(Executor executor)
      : clock(make_simulated_clock(executor, TimePoint{})),
        gate(executor, *clock, 2, 250ms, [this] { ++calm; }),
        group(executor) {}
  void ask() { group.spawn("enter", enter(*this)); }
  static Task<> enter(Gate& self) {
    const std::uint64_t ticket = co_await self.gate.enter();
    self.tickets.push_back(ticket);
  }
  std::unique_ptr<Clock> clock;
  int calm = 0;
  std::vector<std::uint64_t> tickets;
  BootGate gate;
  TaskGroup group;
};

TEST(BootGate, LetsInAsManyAsHaveLeft) {
  run_async([](Executor executor) -> Task<> {
    Gate at(executor);
    for (int i = 0; i < 3; ++i) at.ask();
    co_await at.clock->sleep_elapsed(0s);
    EXPECT_EQ(at.tickets.size(), 2u);
    at.gate.leave(at.tickets[0]);
    EXPECT_EQ(at.calm, 0);
    co_await at.group.join();
    EXPECT_EQ(at.tickets.size(), 3u);
    at.gate.leave(at.tickets[1]);
    at.gate.leave(at.tickets[1]);  // once is enough
    EXPECT_FALSE(at.gate.calm());
    at.gate.leave(at.tickets[2]);
    EXPECT_TRUE(at.gate.calm());
    EXPECT_EQ(at.calm, 1);
  });
}

TEST(BootGate, OneThatTakesLongDoesNotHoldUpTheOthers) {
  run_async([](Executor executor) -> Task<> {
    Gate at(executor);
    for (int i = 0; i < 3; ++i) at.ask();
    co_await at.clock->sleep_elapsed(0s);
    EXPECT_EQ(at.tickets.size(), 2u);
    at.clock->advance(250ms);
    co_await at.group.join();
    EXPECT_EQ(at.tickets.size(), 3u);
    at.gate.leave(at.tickets[0]);
  });
}

}  // namespace
}  // namespace martlet::environments
