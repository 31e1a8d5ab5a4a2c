#include "services/lambda/mapping_runner.h"

#include <gtest/gtest.h>

#include "base/async_test.h"
#include "services/lambda/fake_source_test.h"
#include "services/lambda/limits.h"

namespace martlet::lambda {
namespace {

using namespace std::chrono_literals;
using Kind = MappingAnswer::Kind;
using Strings = std::vector<std::string>;

const TimePoint kStart = from_epoch_ms(1'700'000'000'000);

/// A mapping between a queue and a function of the test's own.
struct Fixture {
  explicit Fixture(Executor on)
      : executor(on),
        clock(make_simulated_clock(on, kStart)),
        store(store::make_memory_store(on)),
        queue(on, *clock),
        function(on) {
    settings.invoke = [this](MappingInvocation invocation) { return function.invoke(std::move(invocation)); };
  }

  Task<> start() {
    runner.emplace(MappingEngine{executor, *store, *clock},
                   MappingSource{queue, *Arn::parse("arn:aws:sqs:us-east-1:000000000000:q"), "role"},
                   settings, counters);
    co_await quiet(executor);
  }
  Task<> pass(Duration time) {
    clock->advance(time);
    queue.changed.notify_all();
    co_await quiet(executor);
  }
  Task<> stop() {
    runner->close();
    function.finish_all();
    co_await runner->finished();
  }

  Executor executor;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<store::Store> store;
  FakeQueue queue;
  FakeFunction function;
  metrics::Registry registry;
  MappingCounters counters{registry, "f", "uuid"};
  MappingSettings settings;
  std::optional<MappingRunner> runner;
};

void with_mapping(const std::function<Task<>(Fixture&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    Fixture fixture(executor);
    co_await body(fixture);
    if (fixture.runner) co_await fixture.stop();
  });
}

MappingAnswer failure() { return {.kind = Kind::kFunctionError, .problem = "PROBLEM: Function call failed"}; }
MappingAnswer throttle() { return {.kind = Kind::kThrottled}; }

// ---- What becomes of a batch

TEST(MappingRunner, WhatIsThereGoesInOneBatchAndIsDeletedAfterSuccess) {
  with_mapping([](Fixture& f) -> Task<> {
    f.queue.send("a");
    f.queue.send("b");
    co_await f.start();
    EXPECT_EQ(f.function.events, (Strings{R"({"Records":[{"messageId":"a"},{"messageId":"b"}]})"}));
    EXPECT_EQ(f.function.traces, (Strings{"Root=a", "Root=b"}));
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_EQ(f.counters.polled.value(), 2U);
    EXPECT_EQ(f.counters.invoked.value(), 2U);
    EXPECT_EQ(f.counters.deleted.value(), 2U);
  });
}

TEST(MappingRunner, AnArrivalWakesIt) {
  with_mapping([](Fixture& f) -> Task<> {
    co_await f.start();
    EXPECT_TRUE(f.function.events.empty());
    f.queue.send("a");
    co_await quiet(f.executor);
    EXPECT_EQ(f.function.events.size(), 1U);
  });
}

TEST(MappingRunner, AFailedBatchComesBackAfterItsVisibilityTimeout) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.answer = [](const std::string&) { return failure(); };
    f.queue.send("a");
    co_await f.start();
    EXPECT_EQ(f.runner->problem(), "PROBLEM: Function call failed");
    co_await f.pass(29s);
    EXPECT_EQ(f.function.events.size(), 1U);
    f.function.answer = [](const std::string&) { return MappingAnswer{}; };
    co_await f.pass(1s);
    EXPECT_EQ(f.function.events.size(), 2U);
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_EQ(f.counters.failed.value(), 1U);
    EXPECT_EQ(f.runner->problem(), "");
  });
}

TEST(MappingRunner, ReportedFailuresStayAndTheRestIsDeleted) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.reports_item_failures = true;
    f.function.answer = [](const std::string&) {
      return MappingAnswer{.payload = R"({"batchItemFailures":[{"itemIdentifier":"b"}]})"};
    };
    for (const char* id : {"a", "b", "c"}) f.queue.send(id);
    co_await f.start();
    EXPECT_EQ(f.queue.left(), Strings{"b"});
    EXPECT_EQ(f.queue.visible(), 0U);
    EXPECT_EQ(f.counters.failed.value(), 1U);
    EXPECT_EQ(f.counters.deleted.value(), 2U);
  });
}

TEST(MappingRunner, ReportedFailuresAreIgnoredUnlessAskedFor) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.answer = [](const std::string&) {
      return MappingAnswer{.payload = R"({"batchItemFailures":[{"itemIdentifier":"a"}]})"};
    };
    f.queue.send("a");
    co_await f.start();
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

TEST(MappingRunner, WhatTheFilterDoesNotWantIsDeletedUnseen) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.wants = [](const sources::Record& record) { return record.id != "b"; };
    for (const char* id : {"a", "b", "c"}) f.queue.send(id);
    co_await f.start();
    EXPECT_EQ(f.function.events, (Strings{R"({"Records":[{"messageId":"a"},{"messageId":"c"}]})"}));
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_EQ(f.counters.filtered_out.value(), 1U);
    EXPECT_EQ(f.counters.deleted.value(), 2U);
    f.queue.send("b");
    co_await quiet(f.executor);
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_EQ(f.function.events.size(), 1U);
  });
}

// ---- Batches

TEST(MappingRunner, ABatchHasNoMoreThanItsSize) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.batch_size = 2;
    for (const char* id : {"a", "b", "c"}) f.queue.send(id);
    co_await f.start();
    EXPECT_EQ(f.function.events.size(), 2U);
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

TEST(MappingRunner, AWindowGathersUntilItIsOver) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.batch_size = 100;
    f.settings.window = 20s;
    co_await f.start();
    co_await f.pass(60s);
    f.queue.send("a");
    co_await quiet(f.executor);
    co_await f.pass(19s);
    f.queue.send("b");
    co_await quiet(f.executor);
    EXPECT_TRUE(f.function.events.empty());
    co_await f.pass(1s);
    EXPECT_EQ(f.function.events, (Strings{R"({"Records":[{"messageId":"a"},{"messageId":"b"}]})"}));
  });
}

TEST(MappingRunner, AFullBatchDoesNotWaitForItsWindow) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.batch_size = 25;
    f.settings.window = 20s;
    for (int i = 0; i < 30; ++i) f.queue.send(std::to_string(i));
    co_await f.start();
    EXPECT_EQ(f.function.events.size(), 1U);
    EXPECT_EQ(f.queue.messages.size(), 5U);
    co_await f.pass(20s);
    EXPECT_EQ(f.function.events.size(), 2U);
  });
}

TEST(MappingRunner, WhatIsGatheredIsNobodyElsesAndComesBackAsIfItHadNotBeen) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.window = 25s;
    f.function.answer = [](const std::string&) { return failure(); };
    f.function.is_slow = true;
    f.queue.send("a");
    co_await f.start();
    co_await f.pass(25s);  // the handler begins
    co_await f.pass(29s);  // beyond the queue's visibility timeout
    EXPECT_EQ(f.function.events.size(), 1U);
    EXPECT_EQ(f.queue.visible(), 0U);
    f.function.finish(0);
    co_await quiet(f.executor);
    EXPECT_EQ(f.queue.messages.front().receives, 2U) << "due since long, it is read again at once";
  });
}

TEST(MappingRunner, AFailedBatchOfAWindowComesBackAfterTheQueuesOwnTimeout) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.window = 5s;
    f.function.answer = [](const std::string&) { return failure(); };
    f.queue.send("a");
    co_await f.start();
    co_await f.pass(5s);
    EXPECT_EQ(f.function.events.size(), 1U);
    EXPECT_EQ(f.queue.messages.front().due, kStart + 30s);
  });
}

TEST(MappingRunner, AWindowMayBeLongerThanTheVisibilityTimeout) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.window = 300s;
    f.queue.send("a");
    co_await f.start();
    co_await f.pass(300s);
    EXPECT_EQ(f.function.events.size(), 1U);
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

TEST(MappingRunner, WhatIsNotHeldAnyMoreIsNotHandled) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.answer = [](const std::string&) { return throttle(); };
    f.queue.send("a");
    co_await f.start();
    co_await f.pass(3600s);
    EXPECT_EQ(f.function.events.size(), 2U) << "once for either time that it was read";
    EXPECT_EQ(f.queue.messages.front().receives, 2U);
  });
}

std::string large(char digit, std::size_t bytes) { return "\"" + std::string(bytes - 2, digit) + "\""; }

TEST(MappingRunner, AnEventHasNoMoreThanSixMegabytes) {
  with_mapping([](Fixture& f) -> Task<> {
    for (int i = 0; i < 10; ++i) f.queue.send(std::to_string(i), large('x', 1 << 20));
    co_await f.start();
    EXPECT_EQ(f.function.events.size(), 2U);
    for (const std::string& event : f.function.events) EXPECT_LE(event.size(), kMaxPayloadBytes);
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_EQ(f.counters.polled.value(), 10U);
  });
}

TEST(MappingRunner, ARecordOfSixMegabytesGoesAlone) {
  with_mapping([](Fixture& f) -> Task<> {
    f.queue.send("a", large('x', kMaxPayloadBytes));
    f.queue.send("b");
    co_await f.start();
    EXPECT_EQ(f.function.events.size(), 2U);
  });
}

TEST(MappingRunner, WhereOrderCountsWhatHasNoRoomWaitsForTheBatchBeforeIt) {
  with_mapping([](Fixture& f) -> Task<> {
    f.queue.ordered = true;
    f.function.is_slow = true;
    for (int i = 0; i < 8; ++i)
      f.queue.send(std::to_string(i), large('0' + static_cast<char>(i), 1 << 20), "g");
    co_await f.start();
    EXPECT_EQ(f.function.events.size(), 1U);
    f.function.answer = [](const std::string&) { return failure(); };
    f.function.finish(0);
    co_await quiet(f.executor);
    EXPECT_EQ(f.function.events.size(), 1U) << "the group waits for the failed ones";
    f.function.finish_all();
    f.function.answer = [](const std::string&) { return MappingAnswer{}; };
    co_await f.pass(30s);
    co_await quiet(f.executor);
    EXPECT_EQ(f.function.events.size(), 3U);
    EXPECT_EQ(f.function.events[0], f.function.events[1]);
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

// ---- How many at a time

TEST(MappingRunner, FiveBatchesAtFirstAndMoreEveryMomentThatTheyAreNotEnough) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.batch_size = 1;
    f.function.is_slow = true;
    for (int i = 0; i < 400; ++i) f.queue.send(std::to_string(i));
    co_await f.start();
    EXPECT_EQ(f.function.running, 5U);
    co_await f.pass(200ms);
    EXPECT_EQ(f.function.running, 6U);
    for (int i = 0; i < 299; ++i) co_await f.pass(200ms);
    EXPECT_EQ(f.function.running, 305U);
  });
}

TEST(MappingRunner, NeverMoreThanItsMaximumConcurrency) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.batch_size = 1;
    f.settings.scaling = limits_of_maximum_concurrency(2);
    f.function.is_slow = true;
    for (int i = 0; i < 10; ++i) f.queue.send(std::to_string(i));
    co_await f.start();
    co_await f.pass(10s);
    EXPECT_EQ(f.function.running, 2U);
    EXPECT_EQ(f.queue.visible(), 8U) << "what cannot be handled is left to others";
    f.function.finish_all();
    co_await quiet(f.executor);
    EXPECT_EQ(f.function.most_running, 2U);
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

TEST(MappingRunner, GroupsInOrderAndOneBatchOfAGroupAtATime) {
  with_mapping([](Fixture& f) -> Task<> {
    f.queue.ordered = true;
    f.settings.batch_size = 1;
    f.function.is_slow = true;
    f.queue.send("a1", R"("a1")", "a");
    f.queue.send("a2", R"("a2")", "a");
    f.queue.send("b1", R"("b1")", "b");
    co_await f.start();
    EXPECT_EQ(f.function.events, (Strings{R"({"Records":["a1"]})", R"({"Records":["b1"]})"}));
    f.function.finish(0);
    co_await quiet(f.executor);
    EXPECT_EQ(f.function.events.back(), R"({"Records":["a2"]})");
  });
}

// ---- Throttles and failures

TEST(MappingRunner, AThrottledBatchIsTriedAgainWhileItsRecordsAreHeld) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.answer = [](const std::string&) { return throttle(); };
    f.queue.send("a");
    co_await f.start();
    EXPECT_EQ(f.function.events.size(), 1U);
    co_await f.pass(250ms);
    co_await f.pass(500ms);
    EXPECT_EQ(f.function.events.size(), 3U);
    f.function.answer = [](const std::string&) { return MappingAnswer{}; };
    co_await f.pass(1s);
    EXPECT_EQ(f.function.events.size(), 4U);
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_EQ(f.counters.polled.value(), 1U);
  });
}

TEST(MappingRunner, AThrottledBatchIsLeftWhenItIsDue) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.answer = [](const std::string&) { return throttle(); };
    f.queue.send("a");
    co_await f.start();
    for (int i = 0; i < 119; ++i) co_await f.pass(250ms);
    EXPECT_EQ(f.counters.dropped.value(), 1U);
    EXPECT_EQ(f.queue.messages.front().receives, 1U);
    co_await f.pass(250ms);
    EXPECT_EQ(f.queue.messages.front().receives, 2U);
  });
}

TEST(MappingRunner, ThrottlesReduceWhatIsTaken) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.batch_size = 1;
    f.function.answer = [](const std::string&) { return throttle(); };
    for (int i = 0; i < 20; ++i) f.queue.send(std::to_string(i));
    co_await f.start();
    const std::size_t taken = 20 - f.queue.visible();
    EXPECT_LE(taken, 5U);
    f.function.answer = [](const std::string&) { return MappingAnswer{}; };
    for (int i = 0; i < 100; ++i) co_await f.pass(250ms);
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

TEST(MappingRunner, WithoutItsFunctionItPausesUntilThatIsBack) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.answer = [](const std::string&) {
      return MappingAnswer{.kind = Kind::kGone, .problem = "PROBLEM: Function not found"};
    };
    f.queue.send("a");
    co_await f.start();
    EXPECT_EQ(f.runner->problem(), "PROBLEM: Function not found");
    co_await f.pass(40s);
    EXPECT_EQ(f.function.events.size(), 1U);
    EXPECT_EQ(f.queue.visible(), 1U) << "others may have it";
    f.function.answer = [](const std::string&) { return MappingAnswer{}; };
    f.runner->resume();
    co_await quiet(f.executor);
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_EQ(f.runner->problem(), "");
  });
}

TEST(MappingRunner, WhatItMayNotReadStaysInItsSource) {
  with_mapping([](Fixture& f) -> Task<> {
    std::string why;
    f.settings.refusal = [&why]() -> Task<std::string> { co_return why; };
    co_await f.start();
    why = "not authorized to perform: sqs:ReceiveMessage";
    f.queue.send("a");
    co_await quiet(f.executor);
    EXPECT_TRUE(f.function.events.empty());
    EXPECT_EQ(f.runner->problem(), "PROBLEM: " + why);
    EXPECT_EQ(f.queue.visible(), 1U) << "given back";
    why.clear();
    co_await f.pass(60s);
    EXPECT_EQ(f.function.events.size(), 1U);
    EXPECT_EQ(f.runner->problem(), "");
  });
}

TEST(MappingRunner, WithoutItsSourceItLooksAgainNowAndThen) {
  with_mapping([](Fixture& f) -> Task<> {
    co_await f.start();
    f.queue.remove();
    co_await quiet(f.executor);
    EXPECT_NE(f.runner->problem(), "");
    co_await f.pass(1s);
    f.queue.exists = true;
    f.queue.send("a");
    co_await f.pass(1s);
    EXPECT_EQ(f.queue.visible(), 1U);
    co_await f.pass(1s);
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_EQ(f.queue.opened, 2U);
  });
}

TEST(MappingRunner, ASourceThatRefusesIsAskedAgain) {
  with_mapping([](Fixture& f) -> Task<> {
    f.queue.refuses = true;
    co_await f.start();
    EXPECT_EQ(f.runner->problem(), "PROBLEM: Too many messages are in flight.");
    f.queue.refuses = false;
    f.queue.send("a");
    co_await f.pass(5s);
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

TEST(MappingRunner, AFailureOfThePlatformCountsAsAThrottle) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.answer = [](const std::string&) -> MappingAnswer { throw std::runtime_error("no sandbox"); };
    f.queue.send("a");
    co_await f.start();
    f.function.answer = [](const std::string&) { return MappingAnswer{}; };
    co_await f.pass(250ms);
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

// ---- Changes and the end

TEST(MappingRunner, ClosingLetsBatchesUnderWayEndAndTakesNoMore) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.is_slow = true;
    f.queue.send("a");
    co_await f.start();
    f.runner->close();
    f.queue.send("b");
    co_await quiet(f.executor);
    EXPECT_FALSE(f.runner->is_finished());
    EXPECT_EQ(f.runner->under_way(), 1U);
    f.function.finish_all();
    co_await f.runner->finished();
    EXPECT_EQ(f.queue.left(), Strings{"b"});
    EXPECT_EQ(f.queue.visible(), 1U);
  });
}

TEST(MappingRunner, ClosingGivesBackWhatIsBeingGathered) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.window = 300s;
    f.queue.send("a");
    co_await f.start();
    EXPECT_EQ(f.queue.visible(), 0U);
    f.runner->close();
    co_await f.runner->finished();
    EXPECT_EQ(f.queue.visible(), 1U);
    EXPECT_TRUE(f.function.events.empty());
  });
}

TEST(MappingRunner, AbandonedItWritesNothing) {
  with_mapping([](Fixture& f) -> Task<> {
    f.function.is_slow = true;
    f.queue.send("a");
    co_await f.start();
    f.runner->abandon();
    f.function.finish_all();
    co_await f.runner->finished();
    EXPECT_EQ(f.queue.left(), Strings{"a"});
  });
}

TEST(MappingRunner, NewSettingsHoldFromTheNextBatchOn) {
  with_mapping([](Fixture& f) -> Task<> {
    co_await f.start();
    f.settings.batch_size = 1;
    f.runner->configure(f.settings);
    for (const char* id : {"a", "b", "c"}) f.queue.send(id);
    co_await quiet(f.executor);
    EXPECT_TRUE(f.queue.messages.empty());
    EXPECT_GE(f.function.events.size(), 1U);
    f.queue.send("d");
    f.queue.send("e");
    co_await quiet(f.executor);
    EXPECT_EQ(f.function.events.back(), R"({"Records":[{"messageId":"e"}]})");
  });
}

TEST(MappingRunner, MappingsOfOneQueueShareIt) {
  with_mapping([](Fixture& f) -> Task<> {
    f.settings.batch_size = 1;
    f.settings.scaling = limits_of_maximum_concurrency(2);
    f.function.is_slow = true;
    co_await f.start();
    MappingRunner other({f.executor, *f.store, *f.clock},
                        {f.queue, *Arn::parse("arn:aws:sqs:us-east-1:000000000000:q"), "role"}, f.settings,
                        f.counters);
    for (int i = 0; i < 4; ++i) f.queue.send(std::to_string(i));
    co_await quiet(f.executor);
    EXPECT_EQ(f.function.running, 4U);
    EXPECT_EQ(f.runner->under_way(), 2U);
    EXPECT_EQ(other.under_way(), 2U);
    other.close();
    f.function.finish_all();
    co_await other.finished();
  });
}

}  // namespace
}  // namespace martlet::lambda
