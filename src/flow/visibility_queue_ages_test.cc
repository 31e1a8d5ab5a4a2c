// Visibility queues: retention and the age of the oldest message; fair queues.

#include "flow/visibility_world_test.h"

namespace martlet::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

Task<std::int64_t> oldest_seconds(World& world) {
  const auto oldest = co_await world.queue->oldest();
  co_return oldest ? (to_epoch_ms(*oldest) - to_epoch_ms(kWorldStart)) / 1000 : -1;
}

TEST(VisibilityQueueAgesTest, ExpiredMessagesAreErasedWhenTheirTimeComes) {
  in_world({.retention = minutes(1)}, [](World& world) -> Task<> {
    co_await world.send("a");
    co_await world.advance(seconds(10));
    co_await world.send("b");
    EXPECT_EQ(co_await world.texts(1, minutes(10)), "a");
    co_await world.advance(milliseconds(49'999));
    EXPECT_EQ(co_await world.counts(), "1/1/0");
    co_await world.advance(milliseconds(1));
    EXPECT_EQ(co_await world.counts(), "1/0/0");
    co_await world.advance(seconds(10));
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.keys(), 0);
  });
}

TEST(VisibilityQueueAgesTest, AnExpiredMessageIsNotGivenOutBeforeItIsErased) {
  in_world({.retention = minutes(1)}, [](World& world) -> Task<> {
    co_await world.send("a");
    world.clock->advance(minutes(1));  // nobody else has had a turn yet
    EXPECT_EQ(co_await world.texts(), "");
    EXPECT_EQ(co_await world.counts(), "0/0/0");
  });
}

TEST(VisibilityQueueAgesTest, OlderMessagesAmongYoungerOnesExpireInTheirTime) {
  in_world({.retention = minutes(1)}, [](World& world) -> Task<> {
    co_await world.send("young");
    co_await world.send_aged("old", "", {}, kWorldStart - seconds(30));
    co_await world.send_aged("older", "", {}, kWorldStart - seconds(40));
    co_await world.send("delayed", "", seconds(300));
    EXPECT_EQ(co_await oldest_seconds(world), -40);
    co_await world.advance(seconds(20));
    EXPECT_EQ(co_await oldest_seconds(world), -30);
    co_await world.reopen();
    EXPECT_EQ(co_await oldest_seconds(world), -30);
    co_await world.advance(seconds(10));
    EXPECT_EQ(co_await world.counts(), "1/0/1");
    EXPECT_EQ(co_await oldest_seconds(world), 0);
    co_await world.advance(seconds(30));
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.keys(), 0);
    EXPECT_EQ(co_await oldest_seconds(world), -1);
  });
}

TEST(VisibilityQueueAgesTest, AMessageOlderThanAllIsFoundAfterACrash) {
  in_world({.retention = minutes(1)}, [](World& world) -> Task<> {
    for (int i = 0; i < 100; ++i) co_await world.send_aged("x", "", {}, kWorldStart - milliseconds(10 * i));
    co_await world.reopen();
    co_await world.send("y");
    co_await world.reopen();
    co_await world.send_aged("z", "", {}, kWorldStart - seconds(20));
    EXPECT_EQ(co_await oldest_seconds(world), -20);
    co_await world.advance(seconds(60));
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.keys(), 0);
  });
}

TEST(VisibilityQueueAgesTest, AnotherRetentionCountsAtOnce) {
  in_world({.retention = minutes(10)}, [](World& world) -> Task<> {
    co_await world.send("a");
    co_await world.advance(minutes(2));
    world.queue->configure({.retention = minutes(1)});
    co_await settle(world.executor);
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    world.queue->configure({.retention = minutes(10)});
    co_await world.send("b");
    co_await world.advance(minutes(9));
    EXPECT_EQ(co_await world.counts(), "1/0/0");
    co_await world.advance(minutes(1));
    EXPECT_EQ(co_await world.counts(), "0/0/0");
  });
}

TEST(VisibilityQueueFairnessTest, QuietGroupsGoBeforeThoseWithMuchInFlight) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send_many(20, "noisy");
    EXPECT_EQ((co_await world.receive(10)).size(), 10);
    co_await world.send("quiet", "quiet");
    co_await world.send("none");
    EXPECT_EQ(co_await world.texts(3), "quiet,none,10");
  });
}

TEST(VisibilityQueueFairnessTest, AQuietGroupGetsAheadOfABacklogThatMemoryDoesNotHold) {
  in_world({.window = 16}, [](World& world) -> Task<> {
    co_await world.send_many(500, "noisy");
    EXPECT_EQ((co_await world.receive(10)).size(), 10);
    co_await world.send("quiet", "quiet");
    EXPECT_EQ(co_await world.texts(2), "quiet,10");
    // It comes once, and nothing is left out.
    std::size_t count = 12;
    while (true) {
      const auto received = co_await world.receive();
      if (received.empty()) break;
      count += received.size();
    }
    EXPECT_EQ(count, 501);
  });
}

TEST(VisibilityQueueFairnessTest, NoisyGroupsGetEverythingWhenNobodyElseWants) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send_many(30, "noisy");
    for (int i = 0; i < 3; ++i) EXPECT_EQ((co_await world.receive(10)).size(), 10);
  });
}

}  // namespace
}  // namespace martlet::flow
