#include "environments/boot_gate.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/async_test.h"
#include "base/task_group.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

/// Lets everything that is ready run.
Task<> settle(Executor executor) {
  const auto real = make_system_clock(executor);
  co_await real->sleep_elapsed(1ms);
}

struct Gate {
  Gate(Executor executor, Clock& clock)
      : gate(executor, clock, 2, 250ms, [this] { ++calm; }), group(executor) {}
  void ask(int times) {
    for (int i = 0; i < times; ++i) group.spawn("enter", enter(*this));
  }
  static Task<> enter(Gate& self) {
    const std::uint64_t ticket = co_await self.gate.enter();
    self.tickets.push_back(ticket);
  }
  int calm = 0;
  std::vector<std::uint64_t> tickets;
  BootGate gate;
  TaskGroup group;
};

using Body = std::function<Task<>(Gate&, Clock&)>;

void with_gate(const Body& body) {
  run_async([&](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(0));
    auto gate = std::make_unique<Gate>(executor, *clock);
    gate->ask(3);
    co_await settle(executor);
    EXPECT_EQ(gate->tickets.size(), 2u);
    co_await body(*gate, *clock);
    gate.reset();
    co_await settle(executor);  // its alarm ends before the clock
  });
}

TEST(BootGate, LetsInAsManyAsHaveLeft) {
  with_gate([](Gate& at, Clock&) -> Task<> {
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
  with_gate([](Gate& at, Clock& clock) -> Task<> {
    clock.advance(250ms);
    co_await at.group.join();
    EXPECT_EQ(at.tickets.size(), 3u);
    at.gate.leave(at.tickets[0]);
  });
}

}  // namespace
}  // namespace martlet::environments
