#include "flow/log.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/async_test.h"
#include "base/task_group.h"
#include "store/key.h"

namespace martlet::flow {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart = from_epoch_ms(1'700'000'000'000);

struct World {
  explicit World(const Executor& on)
      : executor(on),
        clock(make_simulated_clock(on, kStart)),
        store(store::make_memory_store(on)),
        log(std::make_unique<Log>(on, *store, *clock, store::Key("test").str())) {}

  Task<std::uint64_t> append(std::string shard, std::string record) {
    co_return co_await store->transact(
        [&](store::Txn& txn) -> Task<std::uint64_t> { co_return co_await log->append(txn, shard, record); });
  }
  /// Numbers and records after number `after`: "1a 2b ".
  Task<std::string> read(std::string shard, std::uint64_t after, std::size_t most = 10,
                         std::size_t bytes = SIZE_MAX) {
    const auto entries = co_await store->transact([&](store::Txn& txn) -> Task<std::vector<LogEntry>> {
      co_return co_await log->read(txn, shard, after, most, bytes);
    });
    std::string text;
    for (const LogEntry& entry : entries) text += std::to_string(entry.sequence) + entry.record + " ";
    co_return text;
  }
  Task<std::uint64_t> since(std::string shard, TimePoint time) {
    co_return co_await store->transact([&](store::Txn& txn) -> Task<std::uint64_t> {
      co_return (co_await log->first_since(txn, shard, time)).value_or(0);
    });
  }
  Task<> trim(std::string shard, std::uint64_t last) {
    co_await store->transact([&](store::Txn& txn) -> Task<> {
      log->trim(txn, shard, last);
      co_return;
    });
  }

  Executor executor;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Log> log;
};

void in_world(const std::function<Task<>(World&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    World world(executor);
    co_await body(world);
  });
}

TEST(Log, KeepsTheOrderOfEachShard) {
  in_world([](World& world) -> Task<> {
    EXPECT_EQ(co_await world.append("one", "a"), 1U);
    EXPECT_EQ(co_await world.append("two", "x"), 1U);
    EXPECT_EQ(co_await world.append("one", "b"), 2U);
    EXPECT_EQ(co_await world.read("one", 0), "1a 2b ");
    EXPECT_EQ(co_await world.read("one", 1), "2b ");
    EXPECT_EQ(co_await world.read("one", 0, 1), "1a ");
    EXPECT_EQ(co_await world.read("two", 0), "1x ");
    EXPECT_EQ(co_await world.read("three", 0), "");
  });
}

TEST(Log, GivesAtLeastOneRecordWhateverItsSize) {
  in_world([](World& world) -> Task<> {
    for (const char* record : {"aaaa", "bb", "cc"}) co_await world.append("s", record);
    EXPECT_EQ(co_await world.read("s", 0, 10, 3), "1aaaa ");
    EXPECT_EQ(co_await world.read("s", 1, 10, 3), "2bb ");
    EXPECT_EQ(co_await world.read("s", 1, 10, 4), "2bb 3cc ");
  });
}

TEST(Log, FindsTheFirstRecordSinceATime) {
  in_world([](World& world) -> Task<> {
    for (int i = 0; i < 10; ++i) {
      co_await world.append("s", "r");
      world.clock->advance(1s);
    }
    co_await world.trim("s", 3);
    EXPECT_EQ(co_await world.since("s", kStart), 4U);
    EXPECT_EQ(co_await world.since("s", kStart + 6s), 7U);
    EXPECT_EQ(co_await world.since("s", kStart + 6001ms), 8U);
    EXPECT_EQ(co_await world.since("s", kStart + 1h), 0U);
    EXPECT_EQ(co_await world.since("none", kStart), 0U);
  });
}

TEST(Log, NumbersAreNotGivenAgainAfterTrimming) {
  in_world([](World& world) -> Task<> {
    co_await world.append("s", "a");
    co_await world.append("s", "b");
    co_await world.trim("s", 2);
    EXPECT_EQ(co_await world.read("s", 0), "");
    world.log = std::make_unique<Log>(world.executor, *world.store, *world.clock, store::Key("test").str());
    EXPECT_EQ(co_await world.append("s", "c"), 3U);
  });
}

TEST(Log, ConcurrentAppendsGetNumbersInTheOrderOfTheirCommits) {
  in_world([](World& world) -> Task<> {
    int attempts = 0;
    co_await world.store->transact([&](store::Txn& txn) -> Task<> {
      const std::uint64_t number = co_await world.log->append(txn, "s", "slow");
      if (++attempts == 1) co_await world.append("s", "fast");
      EXPECT_EQ(number, attempts == 1 ? 1U : 2U);
    });
    EXPECT_EQ(co_await world.read("s", 0), "1fast 2slow ");
  });
}

Task<> wait_for(Log& log, std::uint64_t after, std::string& heard) {
  heard += co_await log.wait("s", after) ? "more " : "closed ";
}

TEST(Log, ACommitWakesWhoWaits) {
  in_world([](World& world) -> Task<> {
    std::string heard;
    TaskGroup tasks(world.executor);
    tasks.spawn("wait", wait_for(*world.log, 1, heard));
    co_await world.append("s", "a");
    EXPECT_EQ(heard, "");
    co_await world.append("s", "b");
    co_await tasks.join();
    EXPECT_EQ(heard, "more ");
    tasks.spawn("wait", wait_for(*world.log, 2, heard));
    world.log->close();
    co_await tasks.join();
    EXPECT_EQ(heard, "more closed ");
  });
}

}  // namespace
}  // namespace martlet::flow
