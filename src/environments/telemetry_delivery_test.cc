#include "environments/telemetry_delivery.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/async_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;

/// What a subscriber does is for the test to say.
struct Subscriber {
  explicit Subscriber(Executor executor) : let_go(std::move(executor)) {}
  bool takes = true;
  bool hangs = false;
  Signal let_go;
  int attempts = 0;
  bool stopped = false;
  std::vector<std::string> batches;
};

class FakeTransport final : public TelemetryTransport {
 public:
  explicit FakeTransport(Subscriber& subscriber) : subscriber_(subscriber) {}
  std::string batch_of(const std::vector<std::string>& records) const override {
    std::string batch;
    for (const std::string& record : records) batch += record.size() > 100 ? "#" : record + " ";
    return batch;
  }
  Task<bool> send(const std::string& batch) override {
    ++subscriber_.attempts;
    while (subscriber_.hangs) co_await subscriber_.let_go.wait();
    if (subscriber_.takes) subscriber_.batches.push_back(batch);
    co_return subscriber_.takes;
  }
  Task<> stop() override {
    subscriber_.stopped = true;
    co_return;
  }

 private:
  Subscriber& subscriber_;
};

using Batches = std::vector<std::string>;

struct Fixture {
  explicit Fixture(Executor with, Buffering buffering = {.max_items = 3, .max_bytes = 1000, .timeout = 100ms})
      : executor(with),
        clock(make_simulated_clock(with, from_epoch_ms(0))),
        subscriber(with),
        tasks(with),
        delivery(std::make_shared<TelemetryDelivery>(with, *clock, Dialect::kTelemetry, buffering,
                                                     std::make_unique<FakeTransport>(subscriber))) {
    delivery->start(tasks);
  }

  /// Everything that can run without the clock has run.
  Task<> settle() {
    for (int i = 0; i < 20; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
  Task<> pass(Duration time) {
    co_await settle();
    clock->advance(time);
    co_await settle();
  }
  Task<> end() {
    delivery->stop();
    subscriber.hangs = false;
    subscriber.let_go.notify_all();
    co_await tasks.join();
    // Its alarm lets go of the clock at its next step.
    co_await settle();
    EXPECT_TRUE(subscriber.stopped);
  }

  Executor executor;
  std::unique_ptr<Clock> clock;
  Subscriber subscriber;
  TaskGroup tasks;
  std::shared_ptr<TelemetryDelivery> delivery;
};

TEST(TelemetryDelivery, ABatchGoesWhenTheFirstRecordHasWaited) {
  run_async([](Executor executor) -> Task<> {
    Fixture f(executor);
    f.delivery->offer("a");
    co_await f.pass(60ms);
    f.delivery->offer("b");
    co_await f.pass(39ms);
    EXPECT_EQ(f.subscriber.batches, Batches{});
    co_await f.pass(1ms);
    EXPECT_EQ(f.subscriber.batches, Batches{"a b "});
    f.delivery->offer("c");
    co_await f.pass(99ms);
    EXPECT_EQ(f.subscriber.attempts, 1);
    co_await f.pass(1ms);
    EXPECT_EQ(f.subscriber.batches, (Batches{"a b ", "c "}));
    EXPECT_TRUE(f.delivery->idle());
    co_await f.end();
  });
}

TEST(TelemetryDelivery, OrWhenThereAreEnoughOrTheyAreLargeEnough) {
  run_async([](Executor executor) -> Task<> {
    Fixture f(executor);
    for (const char* record : {"a", "b", "c", "d"}) f.delivery->offer(record);
    co_await f.settle();
    EXPECT_EQ(f.subscriber.batches, Batches{"a b c "});
    co_await f.pass(100ms);
    EXPECT_EQ(f.subscriber.batches, (Batches{"a b c ", "d "}));
    f.delivery->offer(std::string(999, 'x'));
    co_await f.settle();
    EXPECT_EQ(f.subscriber.batches.size(), 2U);
    f.delivery->offer("y");
    co_await f.settle();
    EXPECT_EQ(f.subscriber.batches.back(), "#y ");
    // Larger than a batch may be, but alone.
    f.delivery->offer(std::string(5000, 'x'));
    co_await f.settle();
    EXPECT_EQ(f.subscriber.batches.back(), "#");
    co_await f.end();
  });
}

TEST(TelemetryDelivery, WhoeverIsGoneIsTriedAgainEverMoreRarely) {
  run_async([](Executor executor) -> Task<> {
    Fixture f(executor);
    f.subscriber.takes = false;
    f.delivery->offer("a");
    f.delivery->flush();
    co_await f.settle();
    EXPECT_EQ(f.subscriber.attempts, 1);
    co_await f.pass(49ms);
    EXPECT_EQ(f.subscriber.attempts, 1);
    co_await f.pass(1ms);
    EXPECT_EQ(f.subscriber.attempts, 2);
    co_await f.pass(99ms);
    EXPECT_EQ(f.subscriber.attempts, 2);
    co_await f.pass(1ms);
    EXPECT_EQ(f.subscriber.attempts, 3);
    for (int i = 0; i < 20; ++i) co_await f.pass(5s);
    EXPECT_EQ(f.subscriber.attempts, 23);
    f.subscriber.takes = true;
    co_await f.pass(5s);
    EXPECT_EQ(f.subscriber.batches, Batches{"a "});
    co_await f.end();
  });
}

TEST(TelemetryDelivery, WhoeverFallsBehindLosesRecordsAndIsToldHowMany) {
  run_async([](Executor executor) -> Task<> {
    Fixture f(executor);
    f.subscriber.hangs = true;
    for (int i = 0; i < 3; ++i) f.delivery->offer("a");
    co_await f.settle();
    // Under way are three; six may wait.
    for (int i = 0; i < 10; ++i) f.delivery->offer("bb");
    f.subscriber.hangs = false;
    f.subscriber.let_go.notify_all();
    co_await f.settle();
    // The count goes to the test's transport as one long record.
    EXPECT_EQ(f.subscriber.batches, (Batches{"a a a ", "#bb bb bb ", "bb bb bb "}));
    co_await f.end();
  });
}

TEST(TelemetryDelivery, BytesAreBoundedToo) {
  run_async([](Executor executor) -> Task<> {
    Fixture f(executor, {.max_items = 1000, .max_bytes = 1000, .timeout = 100ms});
    f.subscriber.hangs = true;
    for (int i = 0; i < 30; ++i) {
      f.delivery->offer(std::string(200, 'x'));
      co_await f.settle();
    }
    // One batch of five is under way, two wait.
    f.subscriber.hangs = false;
    f.subscriber.let_go.notify_all();
    co_await f.settle();
    EXPECT_EQ(f.subscriber.batches, (Batches{"#####", "######", "#####"}));
    co_await f.end();
  });
}

TEST(TelemetryDelivery, NothingIsSentWhileTheEnvironmentIsStopped) {
  run_async([](Executor executor) -> Task<> {
    Fixture f(executor);
    f.delivery->pause();
    f.delivery->offer("a");
    f.delivery->flush();
    co_await f.pass(10s);
    EXPECT_EQ(f.subscriber.attempts, 0);
    f.delivery->resume();
    co_await f.settle();
    EXPECT_EQ(f.subscriber.batches, Batches{"a "});
    co_await f.end();
  });
}

TEST(TelemetryDelivery, ItEndsWhateverTheSubscriberDoes) {
  run_async([](Executor executor) -> Task<> {
    Fixture f(executor);
    f.subscriber.takes = false;
    f.delivery->offer("a");
    f.delivery->flush();
    co_await f.settle();
    f.delivery->offer("b");
    co_await f.end();
    EXPECT_TRUE(f.delivery->idle());
    EXPECT_EQ(f.subscriber.batches, Batches{});
  });
}

}  // namespace
}  // namespace martlet::environments
