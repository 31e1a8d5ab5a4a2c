// FIFO queues: the order of groups and their locks.

#include "flow/visibility_world_test.h"

namespace martlet::flow {
namespace {

constexpr VisibilityQueueSettings kFifo{.fifo = true};

TEST(VisibilityQueueFifoTest, GivesAGroupsMessagesInOrderAndThenThoseOfOthers) {
  in_world(kFifo, [](World& world) -> Task<> {
    co_await world.send("a1", "a");
    co_await world.send("b1", "b");
    co_await world.send("a2", "a");
    co_await world.send("b2", "b");
    EXPECT_EQ(co_await world.texts(3), "a1,a2,b1");
    EXPECT_EQ(co_await world.texts(), "");
  });
}

TEST(VisibilityQueueFifoTest, LocksAGroupUntilNothingOfItIsInFlight) {
  in_world(kFifo, [](World& world) -> Task<> {
    for (const char* text : {"a1", "a2", "a3", "a4"}) co_await world.send(text, "a");
    co_await world.send("b1", "b");
    const auto received = co_await world.receive(2);
    EXPECT_EQ(World::joined(received), "a1,a2");
    EXPECT_EQ(co_await world.erase(received.at(1).receipt), Settled::kDone);
    EXPECT_EQ(co_await world.texts(), "b1");
    EXPECT_EQ(co_await world.erase(received.at(0).receipt), Settled::kDone);
    EXPECT_EQ(co_await world.texts(), "a3,a4");
  });
}

TEST(VisibilityQueueFifoTest, GivesMessagesWhoseTimeoutIsOverFirst) {
  in_world(kFifo, [](World& world) -> Task<> {
    for (const char* text : {"a1", "a2", "a3", "a4"}) co_await world.send(text, "a");
    const auto received = co_await world.receive(3);
    EXPECT_EQ(co_await world.change(received.at(0).receipt, seconds(0)), Settled::kDone);
    EXPECT_EQ(co_await world.texts(), "");  // others of the group are in flight
    EXPECT_EQ(co_await world.erase(received.at(1).receipt), Settled::kDone);
    EXPECT_EQ(co_await world.change(received.at(2).receipt, seconds(10)), Settled::kDone);
    co_await world.advance(seconds(10));
    EXPECT_EQ(co_await world.texts(), "a1,a3,a4");
  });
}

TEST(VisibilityQueueFifoTest, DoesNotEraseWithAReceiptWhoseTimeoutIsOver) {
  in_world(kFifo, [](World& world) -> Task<> {
    co_await world.send("a1", "a");
    const auto received = co_await world.receive();
    co_await world.advance(seconds(30));
    EXPECT_EQ(co_await world.erase(received.at(0).receipt), Settled::kExpired);
    EXPECT_EQ(co_await world.texts(), "a1");
    EXPECT_EQ(co_await world.erase(received.at(0).receipt), Settled::kExpired);
  });
}

TEST(VisibilityQueueFifoTest, ADelayedMessageHoldsUpItsGroup) {
  in_world(kFifo, [](World& world) -> Task<> {
    co_await world.send("a1", "a", seconds(10));
    co_await world.send("a2", "a");
    co_await world.send("b1", "b");
    EXPECT_EQ(co_await world.counts(), "2/0/1");
    EXPECT_EQ(co_await world.texts(), "b1");
    co_await world.advance(seconds(10));
    EXPECT_EQ(co_await world.texts(), "a1,a2");
    EXPECT_EQ(co_await world.counts(), "0/3/0");
  });
}

TEST(VisibilityQueueFifoTest, FindsAvailableGroupsBehindABacklogOfOneThatIsLocked) {
  in_world({.fifo = true, .window = 8}, [](World& world) -> Task<> {
    co_await world.send_many(500, "busy");
    co_await world.send("b1", "b");
    const auto first = co_await world.receive(1);
    EXPECT_EQ(World::joined(first), "0");
    EXPECT_EQ(co_await world.texts(), "b1");
    co_await world.erase_all(first);
    for (int i = 1; i < 500; ++i) {
      const auto received = co_await world.receive(1);
      EXPECT_EQ(World::joined(received), std::to_string(i));
      co_await world.erase_all(received);
    }
  });
}

TEST(VisibilityQueueFifoTest, GivesNothingAndNoErrorWhenTooManyAreInFlight) {
  in_world({.fifo = true, .most_in_flight = 2}, [](World& world) -> Task<> {
    for (const char* group : {"a", "b", "c"}) co_await world.send(group, group);
    const auto received = co_await world.receive();
    EXPECT_EQ(World::joined(received), "a,b");
    EXPECT_EQ(co_await world.texts(), "");
    EXPECT_EQ(co_await world.erase(received.at(0).receipt), Settled::kDone);
    EXPECT_EQ(co_await world.texts(), "c");
  });
}

}  // namespace
}  // namespace martlet::flow
