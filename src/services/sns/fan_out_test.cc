// Publish through the service, over a store in memory, a simulated clock and queues that are told what to do.

#include "services/sns/fan_out.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/async_test.h"
#include "services/sns/service.h"
#include "wire/context.h"

namespace martlet::sns {
namespace {

constexpr std::int64_t kNow = 1'714'521'600'000;

/// Keeps what is delivered, as part of the transaction; queues named here do not exist.
class FakeQueues final : public targets::Target {
 public:
  Task<> deliver(store::Txn& txn, const targets::Delivery& delivery) override {
    ++calls;
    if (missing.contains(delivery.to.resource)) throw aws::Error("QueueDoesNotExist", "gone");
    txn.after_commit([this, delivery] { delivered.push_back(delivery); });
    co_return;
  }

  [[nodiscard]] std::vector<std::string> bodies(const std::string& queue) const {
    std::vector<std::string> out;
    for (const targets::Delivery& delivery : delivered)
      if (delivery.to.resource == queue) out.push_back(delivery.body);
    return out;
  }

  std::set<std::string> missing;
  std::vector<targets::Delivery> delivered;
  std::size_t calls = 0;
};

struct World {
  explicit World(Executor with)
      : executor(with),
        store(store::make_memory_store(with)),
        clock(make_simulated_clock(with, from_epoch_ms(kNow))),
        ids(7),
        service({.executor = with,
                 .store = *store,
                 .pool = pool,
                 .clock = *clock,
                 .ids = ids,
                 .metrics = metrics,
                 .targets = targets}) {
    targets.add("sqs", queues);
    targets.add("sns", service.target());
    context.region = "eu-west-1";
    context.account = "123456789012";
    context.caller.access_key_id = "key";
    context.base_url = "http://martlet";
  }

  static std::string queue_arn(const std::string& name) {
    return "arn:aws:sqs:eu-west-1:123456789012:" + name;
  }

  Task<std::string> topic(std::string name, std::map<std::string, std::string> attributes = {}) {
    CreateTopicInput input;
    input.name = std::move(name);
    input.attributes = std::move(attributes);
    co_return *(co_await service.CreateTopic(context, std::move(input))).topic_arn;
  }

  Task<std::string> subscribe(std::string topic_arn, std::string queue,
                              std::map<std::string, std::string> attributes = {
                                  {"RawMessageDelivery", "true"}}) {
    SubscribeInput input;
    input.topic_arn = std::move(topic_arn);
    input.protocol = "sqs";
    input.endpoint = queue_arn(queue);
    input.attributes = std::move(attributes);
    co_return *(co_await service.Subscribe(context, std::move(input))).subscription_arn;
  }

  Task<PublishResponse> publish(std::string topic_arn, std::string text, std::string group = "",
                                std::string deduplication = "") {
    PublishInput input;
    input.topic_arn = std::move(topic_arn);
    input.message = std::move(text);
    if (!group.empty()) input.message_group_id = std::move(group);
    if (!deduplication.empty()) input.message_deduplication_id = std::move(deduplication);
    co_return co_await service.Publish(context, std::move(input));
  }

  Executor executor;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Clock> clock;
  Ids ids;
  BlockingPool pool{1};
  metrics::Registry metrics;
  FakeQueues queues;
  targets::Targets targets;
  SnsService service;
  wire::Context context;
};

void with_world(const std::function<Task<>(World&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    World world(executor);
    co_await body(world);
    co_await world.service.stop();
  });
}

TEST(FanOut, ReachesEverySubscriptionInOneTransaction) {
  with_world([](World& world) -> Task<> {
    const std::string topic = co_await world.topic("t");
    for (const char* queue : {"a", "b", "c"}) co_await world.subscribe(topic, queue);
    co_await world.publish(topic, "m");
    EXPECT_EQ(world.queues.calls, 3U);
    for (const char* queue : {"a", "b", "c"})
      EXPECT_EQ(world.queues.bodies(queue), std::vector<std::string>{"m"});
  });
}

TEST(FanOut, MovesWhatAQueueRefusesToItsDeadLetterQueue) {
  with_world([](World& world) -> Task<> {
    const std::string topic = co_await world.topic("t");
    world.queues.missing = {"gone", "gone-too"};
    co_await world.subscribe(
        topic, "gone",
        {{"RawMessageDelivery", "true"},
         {"RedrivePolicy", R"({"deadLetterTargetArn":")" + World::queue_arn("dead") + "\"}"}});
    co_await world.subscribe(topic, "gone-too");
    co_await world.subscribe(topic, "there");
    co_await world.publish(topic, "m");
    EXPECT_EQ(world.queues.bodies("dead"), std::vector<std::string>{"m"});
    EXPECT_EQ(world.queues.bodies("there"), std::vector<std::string>{"m"});
    EXPECT_EQ(world.queues.delivered.size(), 2U);
  });
}

TEST(FanOut, AsksOnlyThoseWhoseFilterMatches) {
  with_world([](World& world) -> Task<> {
    const std::string topic = co_await world.topic("t");
    for (const char* kind : {"red", "blue"})
      co_await world.subscribe(topic, kind,
                               {{"RawMessageDelivery", "true"},
                                {"FilterPolicyScope", "MessageBody"},
                                {"FilterPolicy", std::string(R"({"kind":[")") + kind + "\"]}"}});
    co_await world.publish(topic, R"({"kind":"blue"})");
    co_await world.publish(topic, R"({"kind":"green"})");
    co_await world.publish(topic, "no JSON");
    EXPECT_EQ(world.queues.bodies("blue"), std::vector<std::string>{R"({"kind":"blue"})"});
    EXPECT_EQ(world.queues.calls, 1U);
  });
}

TEST(FanOut, GivesAFifoTopicsMessagesOnceAndNumbersThem) {
  with_world([](World& world) -> Task<> {
    const std::string topic = co_await world.topic("t.fifo", {{"FifoTopic", "true"}});
    co_await world.subscribe(topic, "q.fifo");
    const PublishResponse first = co_await world.publish(topic, "1", "g", "one");
    const PublishResponse again = co_await world.publish(topic, "1", "g", "one");
    const PublishResponse other = co_await world.publish(topic, "2", "g", "two");
    EXPECT_EQ(first.sequence_number, again.sequence_number);
    EXPECT_EQ(first.message_id, again.message_id);
    EXPECT_LT(*first.sequence_number, *other.sequence_number);
    EXPECT_EQ(world.queues.bodies("q.fifo"), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(world.queues.delivered.front().group_id, "g");
    EXPECT_EQ(world.queues.delivered.front().deduplication_id, "one");
    // Memory forgets the topic, so that its numbers start anew; they grow nevertheless.
    co_await world.subscribe(topic, "another.fifo");
    const PublishResponse later = co_await world.publish(topic, "3", "g", "three");
    EXPECT_LT(*other.sequence_number, *later.sequence_number);
    world.clock->advance(std::chrono::minutes(5));
    co_await world.publish(topic, "1", "g", "one");
    EXPECT_EQ(world.queues.bodies("q.fifo").size(), 4U);
  });
}

TEST(FanOut, TakesWhatIsDeliveredToATopic) {
  with_world([](World& world) -> Task<> {
    const std::string topic = co_await world.topic("t");
    co_await world.subscribe(topic, "q");
    targets::Delivery delivery;
    delivery.to = Arn::parse(topic).value();
    delivery.body = "event";
    delivery.attributes["RequestID"] = {.type = "String", .value = "r"};
    co_await world.store->transact(
        [&](store::Txn& txn) -> Task<> { co_await world.targets.deliver(txn, delivery); });
    EXPECT_EQ(world.queues.bodies("q"), std::vector<std::string>{"event"});
    EXPECT_EQ(world.queues.delivered.front().attributes.at("RequestID").value, "r");
    delivery.to.resource = "absent";
    std::string code;
    try {
      co_await world.store->transact(
          [&](store::Txn& txn) -> Task<> { co_await world.targets.deliver(txn, delivery); });
    } catch (const aws::Error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, "NotFound");
  });
}

TEST(FanOut, KnowsANewTopicFromOneOfTheSameNameThatWasDeleted) {
  with_world([](World& world) -> Task<> {
    const std::string topic = co_await world.topic("t");
    co_await world.subscribe(topic, "q");
    co_await world.publish(topic, "1");
    DeleteTopicInput input;
    input.topic_arn = topic;
    co_await world.service.DeleteTopic(world.context, input);
    co_await world.topic("t");
    co_await world.publish(topic, "2");
    EXPECT_EQ(world.queues.bodies("q"), std::vector<std::string>{"1"});
  });
}

}  // namespace
}  // namespace martlet::sns
