#include "flow/queue.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/async_test.h"
#include "base/task_group.h"
#include "store/key.h"

namespace martlet::flow {
namespace {

const TimePoint kStart = from_epoch_ms(1'700'000'000'000);

class QueueTest : public testing::Test {
 protected:
  struct World {
    explicit World(const Executor& on)
        : executor(on), clock(make_simulated_clock(on, kStart)), store(store::make_memory_store(on)) {}

    std::unique_ptr<Queue> open(std::size_t window = 4) {
      return std::make_unique<Queue>(executor, *store, *clock, ids, store::Key("test", "queue").str(),
                                     QueueOptions{.window = window});
    }
    Task<> put(Queue& queue, std::string body, TimePoint due) {
      co_await store->transact([&](store::Txn& txn) -> Task<> {
        queue.put(txn, body, due);
        co_return;
      });
    }
    Task<> erase(Queue& queue, Message message) {
      co_await store->transact([&](store::Txn& txn) -> Task<> {
        queue.erase(txn, message);
        co_return;
      });
    }
    /// Takes and erases `count` messages; their bodies in order.
    Task<std::string> drain(Queue& queue, int count) {
      std::string all;
      for (int i = 0; i < count; ++i) {
        const auto message = co_await queue.take();
        all += message->body;
        co_await erase(queue, *message);
      }
      co_return all;
    }

    Executor executor;
    std::unique_ptr<Clock> clock;
    std::unique_ptr<store::Store> store;
    Ids ids{7};
  };

  static void in_world(const std::function<Task<>(World&)>& body) {
    run_async([&](Executor executor) -> Task<> {
      World world(executor);
      co_await body(world);
    });
  }
};

/// Lets everything else on the loop have its turn.
Task<> turn(Executor executor) { co_await boost::asio::post(executor, boost::asio::use_awaitable); }

Task<> take_into(Queue& queue, std::vector<std::string>& taken) {
  while (auto message = co_await queue.take()) taken.push_back(message->body);
}

TEST_F(QueueTest, GivesMessagesInTheOrderOfTheirDueTimes) {
  in_world([](World& world) -> Task<> {
    const auto queue = world.open();
    co_await world.put(*queue, "b", kStart - std::chrono::seconds(1));
    co_await world.put(*queue, "c", kStart);
    co_await world.put(*queue, "a", kStart - std::chrono::seconds(2));
    EXPECT_EQ(co_await world.drain(*queue, 3), "abc");
    EXPECT_TRUE(co_await queue->empty());
  });
}

TEST_F(QueueTest, WakesWhoWaitsWhenAMessageIsCommittedAndWhenItIsDue) {
  in_world([](World& world) -> Task<> {
    const auto queue = world.open();
    std::vector<std::string> taken;
    TaskGroup tasks(world.executor);
    tasks.spawn("taker", take_into(*queue, taken));
    co_await world.put(*queue, "later", kStart + std::chrono::minutes(2));
    co_await world.put(*queue, "now", kStart);
    co_await world.clock->sleep_elapsed(Duration::zero());
    while (taken.empty()) co_await turn(world.executor);
    EXPECT_EQ(taken, std::vector<std::string>{"now"});
    world.clock->advance(std::chrono::minutes(3));
    while (taken.size() < 2) co_await turn(world.executor);
    EXPECT_EQ(taken.back(), "later");
    queue->close();
    co_await tasks.join();
  });
}

TEST_F(QueueTest, ATakenMessageIsNobodyElsesUntilItIsReleasedOrPutBack) {
  in_world([](World& world) -> Task<> {
    const auto queue = world.open();
    co_await world.put(*queue, "x", kStart);
    const auto first = co_await queue->take();
    EXPECT_EQ(queue->taken(), 1U);
    queue->release(*first);
    const auto again = co_await queue->take();
    EXPECT_EQ(again->body, "x");
    co_await world.store->transact([&](store::Txn& txn) -> Task<> {
      queue->put_back(txn, *again, "x, second try", kStart + std::chrono::minutes(1));
      co_return;
    });
    EXPECT_EQ(queue->taken(), 0U);
    world.clock->advance(std::chrono::minutes(1));
    EXPECT_EQ((co_await queue->take())->body, "x, second try");
  });
}

TEST_F(QueueTest, WhatWasTakenAndNotSettledIsThereAfterARestart) {
  in_world([](World& world) -> Task<> {
    {
      const auto queue = world.open();
      co_await world.put(*queue, "1", kStart);
      co_await world.put(*queue, "2", kStart);
      co_await world.erase(*queue, *co_await queue->take());
      co_await queue->take();
    }
    const auto queue = world.open();
    EXPECT_EQ(co_await world.drain(*queue, 1), "2");
    EXPECT_TRUE(co_await queue->empty());
  });
}

TEST_F(QueueTest, ManyMessagesComeOnceEachWhateverTheWindow) {
  in_world([](World& world) -> Task<> {
    const auto queue = world.open(3);
    std::string expected;
    for (int i = 0; i < 50; ++i) {
      const std::string body(1, static_cast<char>('A' + i));
      expected += body;
      co_await world.put(*queue, body, kStart - std::chrono::seconds(100 - i));
    }
    EXPECT_EQ(co_await world.drain(*queue, 20), expected.substr(0, 20));
    // One that is due before all others, while most of them are not in memory.
    co_await world.put(*queue, "!", kStart - std::chrono::seconds(1000));
    EXPECT_EQ(co_await world.drain(*queue, 31), "!" + expected.substr(20));
    EXPECT_TRUE(co_await queue->empty());
  });
}

TEST_F(QueueTest, AMessageCommittedWhileTheWindowIsBeingReadIsNotLost) {
  in_world([](World& world) -> Task<> {
    for (int i = 0; i < 3; ++i) co_await world.put(*world.open(), "old", kStart);
    const auto queue = world.open();
    std::vector<std::string> taken;
    TaskGroup tasks(world.executor);
    tasks.spawn("taker", take_into(*queue, taken));
    for (int i = 0; i < 20; ++i) co_await world.put(*queue, "new", kStart - std::chrono::seconds(i));
    while (taken.size() < 23) co_await turn(world.executor);
    queue->close();
    co_await tasks.join();
  });
}

TEST_F(QueueTest, WhatIsNotCommittedIsNotThere) {
  in_world([](World& world) -> Task<> {
    const auto queue = world.open();
    bool thrown = false;
    try {
      co_await world.store->transact([&](store::Txn& txn) -> Task<> {
        queue->put(txn, "never", kStart);
        throw std::runtime_error("no");
        co_return;
      });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    EXPECT_TRUE(co_await queue->empty());
    co_await world.put(*queue, "yes", kStart);
    EXPECT_EQ(co_await world.drain(*queue, 1), "yes");
  });
}

TEST_F(QueueTest, ClosingEndsWhoWaits) {
  in_world([](World& world) -> Task<> {
    const auto queue = world.open();
    TaskGroup tasks(world.executor);
    std::vector<std::string> taken;
    tasks.spawn("taker", take_into(*queue, taken));
    co_await world.put(*queue, "far", kStart + std::chrono::hours(6));
    queue->close();
    co_await tasks.join();
    EXPECT_TRUE(taken.empty());
    EXPECT_FALSE((co_await queue->take()).has_value());
  });
}

}  // namespace
}  // namespace martlet::flow
