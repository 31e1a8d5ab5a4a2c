#include "services/lambda/mapping_runners.h"

#include <gtest/gtest.h>

#include "base/async_test.h"
#include "base/task_group.h"
#include "services/lambda/fake_source_test.h"

namespace martlet::lambda {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

const TimePoint kStart = from_epoch_ms(1'700'000'000'000);

/// Two functions that are one, and a mapping from a queue to one of them.
struct Fixture {
  explicit Fixture(Executor on)
      : executor(on),
        clock(make_simulated_clock(on, kStart)),
        store(store::make_memory_store(on)),
        queue(on, *clock),
        function(on) {
    sources.add("sqs", queue);
    mapping.uuid = "uuid";
    mapping.account = "000000000000";
    mapping.region = "us-east-1";
    mapping.event_source_arn = "arn:aws:sqs:us-east-1:000000000000:q";
    mapping.function = "f";
    runners.emplace(MappingDependencies{
        .executor = executor,
        .store = *store,
        .clock = *clock,
        .ids = ids,
        .sources = sources,
        .metrics = registry,
        .invoke = [this](const FunctionName& name, const std::string&, MappingInvocation invocation) {
          invoked.push_back(name.name);
          return function.invoke(std::move(invocation));
        }});
  }

  /// Stores the mapping and has it applied.
  Task<> apply() {
    ++mapping.revision;
    co_await store->transact([&](store::Txn& txn) -> Task<> {
      save_mapping(txn, mapping, std::nullopt);
      co_return;
    });
    runners->apply(mapping, "role");
    co_await quiet(executor);
  }
  Task<bool> is_stored() {
    co_return co_await store->transact([&](store::Txn& txn) -> Task<bool> {
      co_return (co_await load_mapping(txn, {mapping.account, mapping.region, mapping.uuid})).has_value();
    });
  }

  Executor executor;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<store::Store> store;
  Ids ids{1};
  FakeQueue queue;
  FakeFunction function;
  sources::Sources sources;
  metrics::Registry registry;
  MappingRecord mapping;
  Strings invoked;
  std::optional<MappingRunners> runners;
};

void with_runners(const std::function<Task<>(Fixture&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    Fixture fixture(executor);
    co_await body(fixture);
    fixture.function.finish_all();
    co_await fixture.runners->stop();
  });
}

TEST(MappingRunners, AnEnabledMappingReadsAndADisabledOneDoesNot) {
  with_runners([](Fixture& f) -> Task<> {
    f.mapping.enabled = false;
    co_await f.apply();
    EXPECT_EQ(f.runners->state_of(f.mapping), "Disabled");
    f.queue.send("a");
    co_await quiet(f.executor);
    EXPECT_TRUE(f.function.events.empty());
    f.mapping.enabled = true;
    co_await f.apply();
    EXPECT_EQ(f.runners->state_of(f.mapping), "Enabled");
    EXPECT_EQ(f.function.events.size(), 1U);
  });
}

TEST(MappingRunners, ItIsBeingDisabledWhileABatchIsUnderWay) {
  with_runners([](Fixture& f) -> Task<> {
    f.function.is_slow = true;
    f.queue.send("a");
    co_await f.apply();
    f.mapping.enabled = false;
    co_await f.apply();
    EXPECT_EQ(f.runners->state_of(f.mapping), "Disabling");
    f.function.finish_all();
    co_await quiet(f.executor);
    EXPECT_EQ(f.runners->state_of(f.mapping), "Disabled");
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

TEST(MappingRunners, AMappingIsErasedWhenItsBatchesHaveEnded) {
  with_runners([](Fixture& f) -> Task<> {
    f.function.is_slow = true;
    f.queue.send("a");
    co_await f.apply();
    f.mapping.is_being_deleted = true;
    co_await f.apply();
    EXPECT_EQ(f.runners->state_of(f.mapping), "Deleting");
    EXPECT_TRUE(co_await f.is_stored());
    f.function.finish_all();
    co_await quiet(f.executor);
    EXPECT_FALSE(co_await f.is_stored());
    EXPECT_TRUE(f.queue.messages.empty());
  });
}

TEST(MappingRunners, ADeletionThatACrashInterruptedIsBroughtToItsEnd) {
  with_runners([](Fixture& f) -> Task<> {
    f.mapping.is_being_deleted = true;
    co_await f.apply();
    EXPECT_FALSE(co_await f.is_stored());
  });
}

TEST(MappingRunners, AnOlderRecordChangesNothing) {
  with_runners([](Fixture& f) -> Task<> {
    const MappingRecord first = f.mapping;
    f.mapping.function = "g";
    co_await f.apply();
    f.runners->apply(first, "role");
    f.queue.send("a");
    co_await quiet(f.executor);
    EXPECT_EQ(f.invoked, Strings{"g"});
  });
}

TEST(MappingRunners, AfterAResetNothingIsReadOrWritten) {
  with_runners([](Fixture& f) -> Task<> {
    f.function.is_slow = true;
    f.queue.send("a");
    co_await f.apply();
    f.runners->reset();
    f.function.finish_all();
    f.queue.send("b");
    co_await quiet(f.executor);
    EXPECT_EQ(f.queue.left(), (Strings{"a", "b"}));
    EXPECT_EQ(f.function.events.size(), 1U);
  });
}

TEST(MappingRunners, StoppingWaitsForBatchesUnderWayButNotForEver) {
  with_runners([](Fixture& f) -> Task<> {
    f.function.is_slow = true;
    f.queue.send("a");
    co_await f.apply();
    TaskGroup stopping(f.executor);
    bool stopped = false;
    const auto stop = [](Fixture* in, bool* done) -> Task<> {
      co_await in->runners->stop();
      *done = true;
    };
    stopping.spawn("stop", stop(&f, &stopped));
    co_await quiet(f.executor);
    EXPECT_FALSE(stopped);
    f.clock->advance(5s);
    co_await quiet(f.executor);
    EXPECT_TRUE(stopped);
    EXPECT_EQ(f.queue.left(), Strings{"a"});
    co_await stopping.join();
  });
}

}  // namespace
}  // namespace martlet::lambda
