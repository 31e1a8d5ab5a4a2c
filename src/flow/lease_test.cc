#include "flow/lease.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/async_test.h"
#include "base/task_group.h"
#include "store/key.h"

namespace martlet::flow {
namespace {

using namespace std::chrono_literals;

struct World {
  explicit World(const Executor& on)
      : clock(make_simulated_clock(on, from_epoch_ms(1'700'000'000'000))),
        store(store::make_memory_store(on)) {}

  Lease lease(std::string holder) { return {*store, *clock, store::Key("job"), std::move(holder), 10s}; }
  Task<bool> held(Lease& lease) {
    co_return co_await store->transact(
        [&](store::Txn& txn) -> Task<bool> { co_return co_await lease.held_in(txn); });
  }

  std::unique_ptr<Clock> clock;
  std::unique_ptr<store::Store> store;
};

TEST(Lease, OneNodeHasItUntilItsTimeIsOver) {
  run_async([](Executor executor) -> Task<> {
    World world(executor);
    Lease a = world.lease("a");
    Lease b = world.lease("b");
    EXPECT_TRUE(co_await a.acquire());
    EXPECT_FALSE(co_await b.acquire());
    world.clock->advance(9s);
    EXPECT_TRUE(co_await a.acquire());  // prolonged
    world.clock->advance(9s);
    EXPECT_FALSE(co_await b.acquire());
    world.clock->advance(1s);
    EXPECT_FALSE(co_await world.held(a));
    EXPECT_TRUE(co_await b.acquire());
    EXPECT_FALSE(co_await a.acquire());
  });
}

TEST(Lease, ReleasingGivesItToOthersAtOnce) {
  run_async([](Executor executor) -> Task<> {
    World world(executor);
    Lease a = world.lease("a");
    Lease b = world.lease("b");
    EXPECT_TRUE(co_await a.acquire());
    co_await b.release();  // not its own
    EXPECT_TRUE(co_await world.held(a));
    co_await a.release();
    EXPECT_TRUE(co_await b.acquire());
  });
}

TEST(Lease, WhoWaitsGetsItWhenTheHolderIsGone) {
  run_async([](Executor executor) -> Task<> {
    World world(executor);
    Lease a = world.lease("a");
    Lease b = world.lease("b");
    EXPECT_TRUE(co_await a.acquire());
    TaskGroup tasks(executor);
    tasks.spawn("wait", b.wait());
    world.clock->advance(11s);
    co_await tasks.join();
    EXPECT_TRUE(co_await world.held(b));
  });
}

}  // namespace
}  // namespace martlet::flow
