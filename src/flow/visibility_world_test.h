#pragma once

// For the tests of visibility queues: a queue in a world of its own, whose clock moves only when told, and
// which can be ended and opened again at any time as after a crash. Lives on the test's loop.

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/async_test.h"
#include "base/task_group.h"
#include "flow/visibility_queue.h"
#include "store/key.h"

namespace martlet::flow {

using std::chrono::seconds;

inline const TimePoint kWorldStart = from_epoch_ms(1'700'000'000'000);

/// Lets everything else on the loop have its turns.
inline Task<> settle(Executor executor) {
  for (int i = 0; i < 20; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

struct World {
  explicit World(const Executor& on, VisibilityQueueSettings with = {}, std::unique_ptr<store::Store> in = {})
      : executor(on),
        clock(make_simulated_clock(on, kWorldStart)),
        store(in ? std::move(in) : store::make_memory_store(on)),
        settings(with),
        tasks(on) {}

  Task<> open() {
    queue = std::make_unique<VisibilityQueue>(executor, *store, *clock, ids,
                                              store::Key("test", "queue").str(), settings);
    co_await queue->open();
  }
  /// As after a crash: only what is in the store is left.
  Task<> reopen() {
    co_await end();
    co_await open();
  }
  Task<> end() {
    queue.reset();
    co_await settle(executor);
  }

  Task<> send(std::string payload, std::string group = {}, Duration delay = {}) {
    return send_aged(std::move(payload), std::move(group), delay, clock->now());
  }
  Task<> send_aged(std::string payload, std::string group, Duration delay, TimePoint sent) {
    co_await store->transact([&](store::Txn& txn) -> Task<> {
      queue->send(txn, {.payload = payload, .group = group, .sent = sent, .due = clock->now() + delay});
      co_return;
    });
  }
  Task<> send_many(int count, std::string group = {}) {
    for (int i = 0; i < count; ++i) co_await send(std::to_string(i), group);
  }

  /// Does not wait for messages.
  Task<std::vector<ReceivedMessage>> receive(std::size_t most = 10, Duration visibility = seconds(30)) {
    co_return co_await queue->receive({.most = most, .visibility = visibility, .wait_until = clock->now()});
  }
  /// The payloads of receive(), joined by commas.
  Task<std::string> texts(std::size_t most = 10, Duration visibility = seconds(30)) {
    co_return joined(co_await receive(most, visibility));
  }
  static std::string joined(const std::vector<ReceivedMessage>& messages) {
    std::string all;
    for (const auto& message : messages) all += (all.empty() ? "" : ",") + message.payload;
    return all;
  }

  Task<Settled> erase(Receipt receipt) {
    co_return co_await store->transact(
        [&](store::Txn& txn) -> Task<Settled> { co_return co_await queue->erase(txn, receipt); });
  }
  Task<Settled> change(Receipt receipt, Duration timeout) {
    co_return co_await store->transact([&](store::Txn& txn) -> Task<Settled> {
      co_return co_await queue->change_visibility(txn, receipt, clock->now() + timeout);
    });
  }
  Task<> erase_all(std::vector<ReceivedMessage> messages) {
    for (const auto& message : messages) EXPECT_EQ(co_await erase(message.receipt), Settled::kDone);
  }

  /// Visible, in flight, delayed: "2/1/0".
  Task<std::string> counts() {
    const QueueCounts counts = co_await queue->counts();
    co_return std::to_string(counts.visible) + "/" + std::to_string(counts.in_flight) + "/" +
        std::to_string(counts.delayed);
  }
  Task<> advance(Duration by) {
    clock->advance(by);
    co_await settle(executor);
  }
  /// Keys in the store, the reservation of sequence numbers excepted.
  Task<std::size_t> keys() {
    co_return co_await store->transact([&](store::Txn& txn) -> Task<std::size_t> {
      std::size_t count = 0;
      const std::string reserved = store::Key("test", "queue", "n").str();
      for (const auto& pair : co_await txn.scan(store::prefix_range("test", "queue")))
        count += pair.key == reserved ? 0 : 1;
      co_return count;
    });
  }

  Executor executor;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<store::Store> store;
  VisibilityQueueSettings settings;
  Ids ids{7};
  std::unique_ptr<VisibilityQueue> queue;
  TaskGroup tasks;
};

/// Runs `body` in a world whose queue is open.
inline void in_world(VisibilityQueueSettings settings, const std::function<Task<>(World&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    World world(executor, settings);
    co_await world.open();
    co_await body(world);
    co_await world.end();
  });
}

}  // namespace martlet::flow
