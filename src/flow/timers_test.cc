#include "flow/timers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/async_test.h"
#include "store/key.h"

namespace martlet::flow {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart = from_epoch_ms(1'700'000'000'000);

struct World {
  explicit World(const Executor& on)
      : executor(on), clock(make_simulated_clock(on, kStart)), store(store::make_memory_store(on)) {}

  std::unique_ptr<Timers> open() {
    return std::make_unique<Timers>(executor, *store, *clock, ids, store::Key("test").str());
  }
  Task<> set(Timers& timers, std::string name, Duration in, std::string payload = "") {
    co_await store->transact(
        [&](store::Txn& txn) -> Task<> { co_await timers.set(txn, name, clock->now() + in, payload); });
  }
  Task<bool> cancel(Timers& timers, std::string name) {
    co_return co_await store->transact(
        [&](store::Txn& txn) -> Task<bool> { co_return co_await timers.cancel(txn, name); });
  }
  Task<bool> done(Timers& timers, Timer timer) {
    co_return co_await store->transact(
        [&](store::Txn& txn) -> Task<bool> { co_return co_await timers.done(txn, timer); });
  }
  /// The names of the next `count` timers, done with.
  Task<std::string> fire(Timers& timers, int count) {
    std::string names;
    for (int i = 0; i < count; ++i) {
      const auto timer = co_await timers.next();
      names += timer->name;
      EXPECT_TRUE(co_await done(timers, *timer));
    }
    co_return names;
  }

  Executor executor;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<store::Store> store;
  Ids ids{7};
};

void in_world(const std::function<Task<>(World&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    World world(executor);
    co_await body(world);
  });
}

TEST(Timers, FireInTheOrderOfTheirTimes) {
  in_world([](World& world) -> Task<> {
    const auto timers = world.open();
    co_await world.set(*timers, "b", 2h);
    co_await world.set(*timers, "a", 1h);
    world.clock->advance(3h);
    EXPECT_EQ(co_await world.fire(*timers, 2), "ab");
    EXPECT_EQ(world.store->approximate_size(), 0U);
  });
}

TEST(Timers, SettingOneAnewMovesIt) {
  in_world([](World& world) -> Task<> {
    const auto timers = world.open();
    co_await world.set(*timers, "a", 1h, "first");
    co_await world.set(*timers, "b", 2h);
    co_await world.set(*timers, "a", 3h, "second");
    world.clock->advance(4h);
    EXPECT_EQ(co_await world.fire(*timers, 1), "b");
    EXPECT_EQ((co_await timers->next())->payload, "second");
  });
}

TEST(Timers, ACancelledOneDoesNotFireNorHaveConsequences) {
  in_world([](World& world) -> Task<> {
    const auto timers = world.open();
    co_await world.set(*timers, "a", 1s);
    co_await world.set(*timers, "b", 2s);
    EXPECT_TRUE(co_await world.cancel(*timers, "a"));
    EXPECT_FALSE(co_await world.cancel(*timers, "a"));
    world.clock->advance(5s);
    const auto taken = co_await timers->next();
    EXPECT_EQ(taken->name, "b");
    // Set anew while its first firing is being worked on.
    co_await world.set(*timers, "b", 1s);
    EXPECT_FALSE(co_await world.done(*timers, *taken));
    world.clock->advance(2s);
    EXPECT_EQ(co_await world.fire(*timers, 1), "b");
  });
}

TEST(Timers, AreDueAgainAfterACrash) {
  in_world([](World& world) -> Task<> {
    auto timers = world.open();
    co_await world.set(*timers, "a", 1s, "why");
    world.clock->advance(2s);
    EXPECT_EQ((co_await timers->next())->name, "a");
    timers = world.open();
    const auto again = co_await timers->next();
    EXPECT_EQ(again->payload, "why");
    EXPECT_TRUE(co_await world.done(*timers, *again));
    timers->close();
    EXPECT_FALSE(co_await timers->next());
  });
}

}  // namespace
}  // namespace martlet::flow
