// Visibility queues: waiting in receive(), and several receivers at once.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <set>

#include "flow/visibility_world_test.h"

namespace martlet::flow {
namespace {

struct Heard {
  std::vector<std::string> texts;
  int ended = 0;
};

/// One receive() that waits; what it gave as "name:payloads".
Task<> listen(World& world, Heard& heard, std::string name, ReceiveOptions options) {
  const auto messages = co_await world.queue->receive(options);
  if (messages.empty()) {
    ++heard.ended;
  } else {
    heard.texts.push_back(name + ":" + World::joined(messages));
  }
}

ReceiveOptions waiting(World& world, Duration wait, std::size_t most = 10) {
  return {.most = most, .visibility = seconds(30), .wait_until = world.clock->now() + wait};
}

TEST(VisibilityQueueWaitingTest, ACommitWakesWhoHasWaitedLongest) {
  in_world({}, [](World& world) -> Task<> {
    Heard heard;
    for (const char* name : {"a", "b", "c"})
      world.tasks.spawn(name, listen(world, heard, name, waiting(world, seconds(20))));
    co_await settle(world.executor);
    co_await world.send("1");
    co_await settle(world.executor);
    EXPECT_EQ(heard.texts, std::vector<std::string>({"a:1"}));
    co_await world.send("2");
    co_await world.send("3");
    co_await settle(world.executor);
    // The second was woken when both were there.
    EXPECT_EQ(heard.texts, std::vector<std::string>({"a:1", "b:2,3"}));
    EXPECT_EQ(heard.ended, 0);
    co_await world.advance(seconds(20));
    EXPECT_EQ(heard.ended, 1);
  });
}

TEST(VisibilityQueueWaitingTest, OneTransactionsMessagesReachAllWhoWait) {
  in_world({}, [](World& world) -> Task<> {
    Heard heard;
    for (int i = 0; i < 5; ++i)
      world.tasks.spawn("r", listen(world, heard, "r", waiting(world, seconds(20), 1)));
    co_await settle(world.executor);
    co_await world.store->transact([&](store::Txn& txn) -> Task<> {
      for (int i = 0; i < 5; ++i)
        world.queue->send(txn, {.payload = std::to_string(i),
                                .group = {},
                                .sent = world.clock->now(),
                                .due = world.clock->now()});
      co_return;
    });
    co_await settle(world.executor);
    EXPECT_EQ(heard.texts.size(), 5);
  });
}

TEST(VisibilityQueueWaitingTest, TheClockWakesForDelaysAndForTimeouts) {
  in_world({}, [](World& world) -> Task<> {
    Heard heard;
    co_await world.send("delayed", "", seconds(3));
    world.tasks.spawn("r", listen(world, heard, "r", waiting(world, seconds(20))));
    co_await settle(world.executor);
    co_await world.advance(seconds(3));
    EXPECT_EQ(heard.texts, std::vector<std::string>({"r:delayed"}));

    // A delayed message that comes while somebody waits, and one in flight whose timeout ends before that.
    world.tasks.spawn("s", listen(world, heard, "s", waiting(world, seconds(60))));
    co_await settle(world.executor);
    co_await world.send("later", "", seconds(40));
    co_await world.advance(seconds(30));
    EXPECT_EQ(heard.texts.back(), "s:delayed");
    world.tasks.spawn("t", listen(world, heard, "t", waiting(world, seconds(20))));
    co_await settle(world.executor);
    co_await world.advance(seconds(10));
    EXPECT_EQ(heard.texts.back(), "t:later");
  });
}

TEST(VisibilityQueueWaitingTest, AShorterTimeoutAndAFreedGroupWake) {
  in_world({.fifo = true}, [](World& world) -> Task<> {
    Heard heard;
    co_await world.send("1", "g");
    co_await world.send("2", "g");
    auto first = co_await world.receive(1);
    world.tasks.spawn("r", listen(world, heard, "r", waiting(world, seconds(20), 1)));
    co_await settle(world.executor);
    EXPECT_EQ(co_await world.change(first.at(0).receipt, seconds(0)), Settled::kDone);
    co_await settle(world.executor);
    EXPECT_EQ(heard.texts, std::vector<std::string>({"r:1"}));
    co_await world.advance(seconds(30));
    first = co_await world.receive(1);
    world.tasks.spawn("s", listen(world, heard, "s", waiting(world, seconds(20), 1)));
    co_await settle(world.executor);
    EXPECT_EQ(co_await world.erase(first.at(0).receipt), Settled::kDone);
    co_await settle(world.executor);
    EXPECT_EQ(heard.texts.back(), "s:2");
  });
}

TEST(VisibilityQueueWaitingTest, RoomInFlightWakes) {
  in_world({.most_in_flight = 1}, [](World& world) -> Task<> {
    Heard heard;
    co_await world.send_many(2);
    const auto first = co_await world.receive(1);
    world.tasks.spawn("r", listen(world, heard, "r", waiting(world, seconds(20))));
    co_await settle(world.executor);
    EXPECT_TRUE(heard.texts.empty());
    EXPECT_EQ(co_await world.erase(first.at(0).receipt), Settled::kDone);
    co_await settle(world.executor);
    EXPECT_EQ(heard.texts, std::vector<std::string>({"r:1"}));
  });
}

TEST(VisibilityQueueWaitingTest, WhoHasGoneTakesNothing) {
  in_world({}, [](World& world) -> Task<> {
    Heard heard;
    bool gone = false;
    auto options = waiting(world, seconds(20));
    options.abandoned = [&] { return gone; };
    world.tasks.spawn("a", listen(world, heard, "a", options));
    world.tasks.spawn("b", listen(world, heard, "b", waiting(world, seconds(20))));
    co_await settle(world.executor);
    gone = true;
    co_await world.send("1");
    co_await settle(world.executor);
    EXPECT_EQ(heard.texts, std::vector<std::string>({"b:1"}));
    EXPECT_EQ(heard.ended, 1);
    EXPECT_TRUE((co_await world.queue->receive(options)).empty());

    gone = false;
    world.tasks.spawn("a", listen(world, heard, "a", options));
    co_await settle(world.executor);
    gone = true;
    world.queue->recheck();
    co_await settle(world.executor);
    EXPECT_EQ(heard.ended, 2);
  });
}

TEST(VisibilityQueueWaitingTest, AWaiterThatIsCancelledPassesItsMessageOn) {
  in_world({}, [](World& world) -> Task<> {
    Heard heard;
    TaskGroup cancelled(world.executor);
    cancelled.spawn("a", listen(world, heard, "a", waiting(world, seconds(20))));
    co_await settle(world.executor);
    world.tasks.spawn("b", listen(world, heard, "b", waiting(world, seconds(20))));
    co_await settle(world.executor);
    // Both in the same turn: the message has woken the first when it is cancelled.
    co_await world.send("1");
    cancelled.cancel();
    co_await settle(world.executor);
    EXPECT_EQ(cancelled.size(), 0);
    EXPECT_EQ(heard.texts.size(), 1);
  });
}

TEST(VisibilityQueueWaitingTest, ClosingEndsWhoWaits) {
  in_world({}, [](World& world) -> Task<> {
    Heard heard;
    auto options = waiting(world, seconds(20));
    options.wait_until = std::nullopt;
    world.tasks.spawn("a", listen(world, heard, "a", options));
    world.tasks.spawn("b", listen(world, heard, "b", options));
    co_await settle(world.executor);
    world.queue->close();
    co_await settle(world.executor);
    EXPECT_EQ(heard.ended, 2);
    co_await world.send("1");
    EXPECT_TRUE((co_await world.queue->receive(options)).empty());
  });
}

Task<> consume(World& world, std::multiset<std::string>& got) {
  while (true) {
    const auto messages = co_await world.queue->receive({.most = 3, .visibility = seconds(30)});
    if (messages.empty()) co_return;
    co_await boost::asio::post(world.executor, boost::asio::use_awaitable);
    for (const auto& message : messages) {
      got.insert(message.payload);
      EXPECT_EQ(co_await world.erase(message.receipt), Settled::kDone);
    }
  }
}

TEST(VisibilityQueueWaitingTest, ReceiversNeverShareAMessage) {
  in_world({.window = 8}, [](World& world) -> Task<> {
    std::multiset<std::string> got;
    for (int i = 0; i < 7; ++i) world.tasks.spawn("consumer", consume(world, got));
    for (int i = 0; i < 500; ++i) {
      co_await world.send(std::to_string(i), i % 3 == 0 ? "g" : "");
      if (i % 40 == 0) co_await settle(world.executor);
    }
    while (got.size() < 500) co_await settle(world.executor);
    EXPECT_EQ(std::set<std::string>(got.begin(), got.end()).size(), 500);
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    world.queue->close();
    co_await settle(world.executor);
  });
}

}  // namespace
}  // namespace martlet::flow
