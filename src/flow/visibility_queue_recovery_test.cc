// Visibility queues: what a crash leaves, the engine on disk, and a clock that is behind afterwards.

#include "flow/visibility_world_test.h"
#include "store/test_directory.h"

namespace martlet::flow {
namespace {

using std::chrono::hours;

TEST(VisibilityQueueRecoveryTest, EveryStepSurvivesACrash) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("a");
    co_await world.send("b", "", seconds(10));
    co_await world.reopen();
    EXPECT_EQ(co_await world.counts(), "1/0/1");
    const auto a = co_await world.receive();
    EXPECT_EQ(World::joined(a), "a");
    co_await world.reopen();
    EXPECT_EQ(co_await world.counts(), "0/1/1");
    EXPECT_EQ(co_await world.texts(), "");
    co_await world.advance(seconds(10));
    const auto b = co_await world.receive();
    EXPECT_EQ(World::joined(b), "b");
    EXPECT_EQ(co_await world.change(b.at(0).receipt, seconds(100)), Settled::kDone);
    co_await world.reopen();
    EXPECT_EQ(co_await world.erase(a.at(0).receipt), Settled::kDone);
    co_await world.advance(seconds(99));
    EXPECT_EQ(co_await world.counts(), "0/1/0");
    co_await world.advance(seconds(1));
    co_await world.reopen();
    const auto again = co_await world.receive();
    EXPECT_EQ(World::joined(again), "b");
    EXPECT_EQ(again.at(0).receives, 2);
    EXPECT_EQ(co_await world.erase(b.at(0).receipt), Settled::kExpired);
    EXPECT_EQ(co_await world.erase(again.at(0).receipt), Settled::kDone);
    co_await world.reopen();
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.keys(), 0);
  });
}

TEST(VisibilityQueueRecoveryTest, AFifoGroupIsStillLockedAfterACrash) {
  in_world({.fifo = true}, [](World& world) -> Task<> {
    for (const char* text : {"1", "2", "3"}) co_await world.send(text, "g");
    const auto first = co_await world.receive(2);
    co_await world.reopen();
    EXPECT_EQ(co_await world.texts(), "");
    EXPECT_EQ(co_await world.erase(first.at(0).receipt), Settled::kDone);
    co_await world.reopen();
    co_await world.advance(seconds(30));
    EXPECT_EQ(co_await world.texts(), "2,3");
  });
}

TEST(VisibilityQueueRecoveryTest, SequenceNumbersGrowThoughTheLastMessagesAreGone) {
  in_world({.fifo = true}, [](World& world) -> Task<> {
    std::uint64_t last = 0;
    for (int i = 0; i < 3; ++i) {
      co_await world.send("x", "g");
      const auto received = co_await world.receive();
      EXPECT_GT(received.at(0).sequence, last);
      last = received.at(0).sequence;
      co_await world.erase_all(received);
      co_await world.reopen();
    }
  });
}

/// The simulated clock of a restarted server, which knows nothing of what a test had added.
Task<> restart_with_clock_at(World& world, TimePoint time) {
  co_await world.end();
  world.clock = make_simulated_clock(world.executor, time);
  co_await world.open();
}

TEST(VisibilityQueueRecoveryTest, TimeoutsAndDelaysKeepTheirLengthWhenTheClockIsBehind) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.advance(hours(48));
    co_await world.send("flying");
    co_await world.send("delayed", "", seconds(60));
    const auto received = co_await world.receive();
    EXPECT_EQ(World::joined(received), "flying");
    co_await restart_with_clock_at(world, kWorldStart);
    EXPECT_EQ(co_await world.counts(), "0/1/1");
    EXPECT_EQ(co_await world.change(received.at(0).receipt, seconds(30)), Settled::kDone);
    co_await world.advance(seconds(30));
    EXPECT_EQ(co_await world.texts(), "flying");
    co_await world.advance(seconds(30));
    EXPECT_EQ(co_await world.counts(), "2/0/0");
    EXPECT_EQ(co_await world.texts(), "flying,delayed");
    co_await world.send("new");
    EXPECT_EQ(co_await world.texts(), "new");
    co_await world.advance(hours(24 * 6));
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.keys(), 0);
  });
}

void on_disk(store::Durability durability, VisibilityQueueSettings settings,
             const std::function<Task<>(World&)>& body) {
  const store::TestDirectory directory;
  run_async([&](Executor executor) -> Task<> {
    World world(
        executor, settings,
        store::open_rocksdb_store(executor, {.directory = directory.path(), .durability = durability}));
    co_await world.open();
    co_await body(world);
    co_await world.end();
    co_await world.store->close();
  });
}

Task<> walk_through(World& world) {
  for (int i = 0; i < 60; ++i)
    co_await world.send(std::to_string(i), "g" + std::to_string(i % 4), seconds(i % 2));
  co_await world.advance(seconds(2));
  std::size_t seen = 0;
  for (int round = 0; round < 200 && seen < 60; ++round) {
    const auto received = co_await world.receive(7);
    seen += received.size();
    co_await world.erase_all(received);
    if (round % 4 == 3) co_await world.reopen();
  }
  EXPECT_EQ(seen, 60);
  EXPECT_EQ(co_await world.counts(), "0/0/0");
  EXPECT_EQ(co_await world.keys(), 0);
}

TEST(VisibilityQueueRecoveryTest, WorksOnDisk) {
  on_disk(store::Durability::kProcess, {.window = 8}, walk_through);
  on_disk(store::Durability::kProcess, {.fifo = true, .window = 8}, walk_through);
}

TEST(VisibilityQueueRecoveryTest, WorksWhenCommitsWaitForTheDisk) {
  on_disk(store::Durability::kDisk, {.window = 8}, walk_through);
  on_disk(store::Durability::kDisk, {.fifo = true, .window = 8}, walk_through);
}

Task<> receive_into(World& world, std::vector<ReceivedMessage>& got) {
  for (auto& message : co_await world.receive()) got.push_back(std::move(message));
}

TEST(VisibilityQueueRecoveryTest, AReceiveThatIsCancelledWhileItsCommitWaitsLosesNothing) {
  on_disk(store::Durability::kDisk, {}, [](World& world) -> Task<> {
    co_await world.send_many(3);
    std::vector<ReceivedMessage> got;
    TaskGroup cancelled(world.executor);
    cancelled.spawn("receiver", receive_into(world, got));
    co_await boost::asio::post(world.executor, boost::asio::use_awaitable);
    cancelled.cancel();
    co_await cancelled.join();
    // The store has them in flight, whether memory was told yet or not. After the timeout they are there.
    EXPECT_TRUE(got.empty());
    EXPECT_EQ(co_await world.texts(), "");
    while (got.size() < 3) {
      co_await world.advance(seconds(31));
      co_await receive_into(world, got);
    }
    EXPECT_EQ(got.size(), 3);
    co_await world.erase_all(std::move(got));
    EXPECT_EQ(co_await world.counts(), "0/0/0");
  });
}

}  // namespace
}  // namespace martlet::flow
