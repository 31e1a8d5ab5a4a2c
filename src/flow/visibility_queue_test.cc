// Standard queues: order, timeouts, receipts, delays, receive counts, limits.

#include "flow/visibility_queue.h"

#include "flow/visibility_world_test.h"

namespace martlet::flow {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(VisibilityQueueTest, GivesMessagesInTheOrderOfTheirSending) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send_many(5);
    EXPECT_EQ(co_await world.texts(3), "0,1,2");
    EXPECT_EQ(co_await world.texts(3), "3,4");
    EXPECT_EQ(co_await world.texts(3), "");
  });
}

TEST(VisibilityQueueTest, TellsWhatWasSentAndHowOftenItWasReceived) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send_aged("a", "tenant", {}, kWorldStart - seconds(5));
    co_await world.advance(seconds(1));
    const auto first = co_await world.receive(1);
    EXPECT_EQ(first.at(0).group, "tenant");
    EXPECT_EQ(first.at(0).sent_ms, to_epoch_ms(kWorldStart) - 5'000);
    EXPECT_EQ(first.at(0).first_received_ms, to_epoch_ms(kWorldStart) + 1'000);
    EXPECT_EQ(first.at(0).receives, 1);
    EXPECT_EQ(first.at(0).receipt.due_ms, to_epoch_ms(kWorldStart) + 31'000);
    co_await world.advance(seconds(30));
    const auto second = co_await world.receive(1);
    EXPECT_EQ(second.at(0).sequence, first.at(0).sequence);
    EXPECT_EQ(second.at(0).first_received_ms, first.at(0).first_received_ms);
    EXPECT_EQ(second.at(0).receives, 2);
    EXPECT_NE(second.at(0).receipt.lease, first.at(0).receipt.lease);
  });
}

TEST(VisibilityQueueTest, HidesAReceivedMessageUntilItsTimeoutIsOver) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("a");
    EXPECT_EQ(co_await world.texts(), "a");
    co_await world.advance(milliseconds(29'999));
    EXPECT_EQ(co_await world.texts(), "");
    co_await world.advance(milliseconds(1));
    EXPECT_EQ(co_await world.texts(10, seconds(0)), "a");
    EXPECT_EQ(co_await world.texts(), "a");
  });
}

TEST(VisibilityQueueTest, ErasesAMessageWithItsNewestReceiptOnly) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("a");
    const auto first = co_await world.receive();
    co_await world.advance(seconds(30));
    const auto second = co_await world.receive();
    EXPECT_EQ(co_await world.erase(first.at(0).receipt), Settled::kExpired);
    EXPECT_EQ(co_await world.counts(), "0/1/0");
    EXPECT_EQ(co_await world.erase(second.at(0).receipt), Settled::kDone);
    EXPECT_EQ(co_await world.erase(second.at(0).receipt), Settled::kGone);
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.keys(), 0);
  });
}

TEST(VisibilityQueueTest, ErasesAMessageAfterItsTimeoutUnlessItWasReceivedAgain) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("a");
    const auto received = co_await world.receive();
    co_await world.advance(seconds(31));
    EXPECT_EQ(co_await world.counts(), "1/0/0");
    EXPECT_EQ(co_await world.erase(received.at(0).receipt), Settled::kDone);
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.texts(), "");
  });
}

TEST(VisibilityQueueTest, ChangesTheTimeoutOfAMessageInFlight) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("a");
    auto received = co_await world.receive();
    EXPECT_EQ(co_await world.change(received.at(0).receipt, hours(1)), Settled::kDone);
    co_await world.advance(seconds(3599));
    EXPECT_EQ(co_await world.texts(), "");
    // The receipt stays good, through several changes.
    EXPECT_EQ(co_await world.change(received.at(0).receipt, seconds(10)), Settled::kDone);
    EXPECT_EQ(co_await world.change(received.at(0).receipt, seconds(0)), Settled::kDone);
    received = co_await world.receive();
    EXPECT_EQ(received.at(0).receives, 2);
    EXPECT_EQ(co_await world.change(received.at(0).receipt, seconds(100)), Settled::kDone);
    co_await world.advance(seconds(99));
    EXPECT_EQ(co_await world.erase(received.at(0).receipt), Settled::kDone);
    EXPECT_EQ(co_await world.change(received.at(0).receipt, seconds(1)), Settled::kGone);
  });
}

TEST(VisibilityQueueTest, DoesNotChangeATimeoutThatIsOver) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("a");
    const auto received = co_await world.receive();
    co_await world.advance(seconds(30));
    EXPECT_EQ(co_await world.change(received.at(0).receipt, seconds(30)), Settled::kExpired);
    EXPECT_EQ(co_await world.texts(), "a");
    EXPECT_EQ(co_await world.change(received.at(0).receipt, seconds(30)), Settled::kExpired);
  });
}

TEST(VisibilityQueueTest, GivesADelayedMessageWhenItIsDue) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("later", "", seconds(20));
    co_await world.send("soon", "", seconds(10));
    co_await world.send("now");
    EXPECT_EQ(co_await world.counts(), "1/0/2");
    EXPECT_EQ(co_await world.texts(), "now");
    co_await world.advance(seconds(10));
    EXPECT_EQ(co_await world.counts(), "1/1/1");
    const auto soon = co_await world.receive();
    EXPECT_EQ(World::joined(soon), "soon");
    EXPECT_EQ(co_await world.erase(soon.at(0).receipt), Settled::kDone);
    co_await world.advance(seconds(10));
    EXPECT_EQ(co_await world.texts(10, seconds(1)), "later");
    co_await world.advance(seconds(10));
    co_await world.erase_all(co_await world.receive());
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.keys(), 0);
  });
}

TEST(VisibilityQueueTest, HandsOnWhatWasReceivedTooOftenInTheSameTransaction) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("a");
    co_await world.send("b");
    EXPECT_EQ(co_await world.texts(1, seconds(0)), "a");
    EXPECT_EQ(co_await world.texts(1, seconds(0)), "a");
    const auto hand_on = [](store::Txn& txn, ReceivedMessage message) -> Task<> {
      EXPECT_EQ(message.receives, 2);
      txn.put(store::Key("dead", message.payload).str(), "");
      co_return;
    };
    ReceiveOptions options{
        .most = 1, .wait_until = world.clock->now(), .most_receives = 2, .exceeded = hand_on};
    EXPECT_EQ(World::joined(co_await world.queue->receive(options)), "b");
    EXPECT_EQ(co_await world.counts(), "1/0/0");  // b, whose timeout of 0 is over
    const bool handed_on = co_await world.store->transact([](store::Txn& txn) -> Task<bool> {
      co_return (co_await txn.get(store::Key("dead", "a").str())).has_value();
    });
    EXPECT_TRUE(handed_on);
  });
}

TEST(VisibilityQueueTest, KeepsAMessageThatCouldNotBeHandedOn) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send("a");
    EXPECT_EQ(co_await world.texts(1, seconds(0)), "a");
    ReceiveOptions options{.wait_until = world.clock->now(), .most_receives = 1};
    options.exceeded = [](store::Txn&, ReceivedMessage) -> Task<> { throw std::runtime_error("no"); };
    EXPECT_THROW(co_await world.queue->receive(options), std::runtime_error);
    EXPECT_EQ(co_await world.counts(), "1/0/0");
    EXPECT_EQ(co_await world.texts(), "a");
  });
}

TEST(VisibilityQueueTest, GivesNoMoreThanMayBeInFlight) {
  in_world({.most_in_flight = 3}, [](World& world) -> Task<> {
    co_await world.send_many(5);
    const auto received = co_await world.receive();
    EXPECT_EQ(World::joined(received), "0,1,2");
    EXPECT_THROW(co_await world.receive(), TooManyInFlight);
    EXPECT_EQ(co_await world.erase(received.at(1).receipt), Settled::kDone);
    EXPECT_EQ(co_await world.texts(), "3");
    EXPECT_THROW(co_await world.receive(), TooManyInFlight);
    co_await world.advance(seconds(30));
    EXPECT_EQ(co_await world.texts(), "0,2,3");
  });
}

TEST(VisibilityQueueTest, PurgesWhatWasSentBefore) {
  in_world({}, [](World& world) -> Task<> {
    co_await world.send_many(3000);
    co_await world.send("delayed", "", seconds(5));
    const auto received = co_await world.receive(2);
    co_await world.queue->purge();
    EXPECT_EQ(co_await world.counts(), "0/0/0");
    EXPECT_EQ(co_await world.keys(), 0);
    EXPECT_EQ(co_await world.erase(received.at(0).receipt), Settled::kGone);
    co_await world.send("new");
    co_await world.advance(seconds(60));
    EXPECT_EQ(co_await world.texts(), "new");
  });
}

TEST(VisibilityQueueTest, FindsMessagesThatDoNotFitIntoTheWindow) {
  in_world({.window = 8}, [](World& world) -> Task<> {
    co_await world.send_many(100);
    std::string all;
    for (int i = 0; i < 100; ++i) {
      const auto received = co_await world.receive(1);
      EXPECT_EQ(World::joined(received), std::to_string(i));
      if (i % 2 == 0) co_await world.erase_all(received);
    }
    EXPECT_EQ(co_await world.counts(), "0/50/0");
    co_await world.advance(seconds(30));
    for (int i = 1; i < 100; i += 2) EXPECT_EQ(co_await world.texts(1), std::to_string(i));
    EXPECT_EQ(co_await world.texts(1), "");
  });
}

}  // namespace
}  // namespace martlet::flow
