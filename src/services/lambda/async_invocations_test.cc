#include "services/lambda/async_invocations.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/async_test.h"
#include "services/lambda/invocation_record.h"

namespace martlet::lambda {
namespace {

using Kind = AsyncAttempt::Kind;
using namespace std::chrono_literals;

const TimePoint kStart = from_epoch_ms(1'700'000'000'000);

AsyncEvent event(std::string request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd") {
  AsyncEvent made;
  made.request_id = std::move(request_id);
  made.account = "000000000000";
  made.region = "us-east-1";
  made.name = "f";
  made.payload = R"({"order": 1})";
  made.accepted_ms = to_epoch_ms(kStart);
  return made;
}

AsyncEvent tried(std::uint32_t attempts, std::uint32_t failures) {
  AsyncEvent made = event();
  made.attempts = attempts;
  made.failures = failures;
  return made;
}

// ---- When

TEST(AsyncRetry, AFunctionErrorIsTriedAgainAfterOneAndThenTwoMinutes) {
  const AsyncAttempt error{.kind = Kind::kFunctionError, .payload = "{}"};
  EXPECT_EQ(after_attempt(tried(1, 1), error, {}, kStart).at, kStart + 1min);
  EXPECT_EQ(after_attempt(tried(2, 2), error, {}, kStart).at, kStart + 2min);
  const AsyncDecision last = after_attempt(tried(3, 3), error, {}, kStart);
  EXPECT_EQ(last.kind, AsyncDecision::Kind::kFailed);
  EXPECT_EQ(last.condition, "RetriesExhausted");
  EXPECT_EQ(after_attempt(tried(1, 1), error, {.maximum_retry_attempts = 0}, kStart).condition,
            "RetriesExhausted");
}

TEST(AsyncRetry, ThrottlesBackOffFromOneSecondToFiveMinutesAndAreNoAttemptsOfTheFunction) {
  const AsyncAttempt throttle{.kind = Kind::kNotNow, .payload = {}, .status = 429};
  EXPECT_EQ(after_attempt(tried(1, 0), throttle, {}, kStart).at, kStart + 1s);
  EXPECT_EQ(after_attempt(tried(2, 0), throttle, {}, kStart).at, kStart + 2s);
  EXPECT_EQ(after_attempt(tried(9, 0), throttle, {}, kStart).at, kStart + 256s);
  EXPECT_EQ(after_attempt(tried(10, 0), throttle, {}, kStart).at, kStart + 5min);
  EXPECT_EQ(after_attempt(tried(4000, 1), throttle, {}, kStart).at, kStart + 5min);
}

TEST(AsyncRetry, AnEventThatIsTooOldIsGivenUp) {
  const AsyncSettings settings{.maximum_event_age = 60s};
  EXPECT_EQ(before_attempt(event(), settings, kStart + 59s).kind, AsyncDecision::Kind::kRetry);
  EXPECT_EQ(before_attempt(event(), settings, kStart + 60s).condition, "EventAgeExceeded");
  // The wait for a retry ends with the event's life.
  const AsyncAttempt error{.kind = Kind::kFunctionError, .payload = "{}"};
  EXPECT_EQ(after_attempt(tried(1, 1), error, settings, kStart + 30s).at, kStart + 60s);
}

TEST(AsyncRetry, AFunctionThatIsSwitchedOffGetsNoEvents) {
  EXPECT_EQ(before_attempt(event(), {.is_switched_off = true}, kStart).kind, AsyncDecision::Kind::kFailed);
  EXPECT_EQ(before_attempt(event(), {.is_loop = true}, kStart).condition, kRecursiveInvocation);
}

// ---- What is left behind

TEST(InvocationRecord, HasTheDocumentedMembers) {
  const AsyncAttempt attempt{
      .kind = Kind::kFunctionError, .payload = R"({"errorMessage":"no"})", .executed_version = "7"};
  const auto record = boost::json::parse(
      invocation_record(tried(3, 3), "arn:f:$LATEST", "RetriesExhausted", &attempt, kStart + 5ms));
  EXPECT_EQ(record, boost::json::parse(R"({
      "version": "1.0", "timestamp": "2023-11-14T22:13:20.005Z",
      "requestContext": {"requestId": "8476a536-e9f4-11e8-9739-2dfe598c3fcd", "functionArn": "arn:f:$LATEST",
                         "condition": "RetriesExhausted", "approximateInvokeCount": 3},
      "requestPayload": {"order": 1},
      "responseContext": {"statusCode": 200, "executedVersion": "7", "functionError": "Unhandled"},
      "responsePayload": {"errorMessage": "no"}})"));
}

TEST(InvocationRecord, OfAnEventThatNoFunctionSawHasNoResponse) {
  const auto record =
      boost::json::parse(invocation_record(event(), "arn:f", "EventAgeExceeded", nullptr, kStart));
  EXPECT_FALSE(record.as_object().contains("responseContext"));
  EXPECT_EQ(record.at("requestContext").at("approximateInvokeCount"), 0);
}

TEST(InvocationRecord, DeadLettersCarryTheErrorInAttributesOfAtMostAKilobyte) {
  const AsyncAttempt attempt{.kind = Kind::kFunctionError,
                             .payload = R"({"errorMessage":")" + std::string(1023, 'a') + "\u00e9\"}"};
  const auto attributes = dead_letter_attributes(event(), &attempt, "RetriesExhausted");
  EXPECT_EQ(attributes.at("RequestID").value, event().request_id);
  EXPECT_EQ(attributes.at("ErrorCode").value, "200");
  EXPECT_EQ(attributes.at("ErrorCode").type, "Number");
  EXPECT_EQ(attributes.at("ErrorMessage").value, std::string(1023, 'a'));
}

// ---- The queues

class Inbox final : public targets::Target {
 public:
  Task<> deliver(store::Txn& txn, const targets::Delivery& delivery) override {
    if (delivery.to.resource == "refuses") throw aws::Error("AccessDenied", "no", 403);
    txn.after_commit([this, delivery] { received.push_back(delivery); });
    co_return;
  }
  std::vector<targets::Delivery> received;
};

class AsyncTest : public testing::Test {
 protected:
  struct World {
    explicit World(const Executor& on)
        : executor(on), clock(make_simulated_clock(on, kStart)), store(store::make_memory_store(on)) {
      targets.add("inbox", inbox);
      open();
    }
    void open() {
      invocations = std::make_unique<AsyncInvocations>(AsyncDependencies{
          .executor = executor,
          .store = *store,
          .clock = *clock,
          .ids = ids,
          .targets = targets,
          .metrics = metrics,
          .attempt = [this](AsyncEvent tried_event) { return attempt(std::move(tried_event)); },
          .settings = [this](AsyncEvent) { return current_settings(); }});
    }
    Task<AsyncAttempt> attempt(AsyncEvent tried_event) {
      attempts.push_back(tried_event.request_id);
      co_return answer;
    }
    Task<std::optional<AsyncSettings>> current_settings() { co_return settings; }
    Task<> add(AsyncEvent added) {
      added.accepted_ms = to_epoch_ms(clock->now());
      co_await store->transact([&](store::Txn& txn) -> Task<> {
        invocations->add(txn, added);
        co_return;
      });
    }
    /// Lets everything happen that can happen now.
    Task<> settle() {
      for (int i = 0; i < 200; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }

    Executor executor;
    std::unique_ptr<Clock> clock;
    std::unique_ptr<store::Store> store;
    Ids ids{3};
    metrics::Registry metrics;
    Inbox inbox;
    targets::Targets targets;
    std::optional<AsyncSettings> settings = AsyncSettings{};
    AsyncAttempt answer{.kind = Kind::kSuccess, .payload = "1"};
    std::vector<std::string> attempts;
    std::unique_ptr<AsyncInvocations> invocations;
  };

  static void in_world(const std::function<Task<>(World&)>& body) {
    run_async([&](Executor executor) -> Task<> {
      World world(executor);
      co_await body(world);
      co_await world.invocations->stop();
    });
  }
};

TEST_F(AsyncTest, AnEventIsTriedAtOnceAndThenGone) {
  in_world([](World& world) -> Task<> {
    co_await world.add(event("one"));
    co_await world.settle();
    EXPECT_EQ(world.attempts, std::vector<std::string>{"one"});
    EXPECT_EQ(world.store->approximate_size(), 0U);
  });
}

TEST_F(AsyncTest, AdvancingTheClockDrivesTheRetries) {
  in_world([](World& world) -> Task<> {
    world.answer = {.kind = Kind::kFunctionError, .payload = "{}"};
    world.settings->on_failure = "arn:aws:inbox:us-east-1:000000000000:box";
    world.settings->dead_letter_target = "arn:aws:inbox:us-east-1:000000000000:letters";
    co_await world.add(event("one"));
    co_await world.settle();
    EXPECT_EQ(world.attempts.size(), 1U);
    world.clock->advance(3min);
    co_await world.settle();
    EXPECT_EQ(world.attempts.size(), 2U);
    EXPECT_TRUE(world.inbox.received.empty());
    world.clock->advance(3min);
    co_await world.settle();
    EXPECT_EQ(world.attempts.size(), 3U);
    EXPECT_EQ(world.inbox.received.size(), 2U);
    EXPECT_EQ(world.inbox.received.back().body, event().payload);
    EXPECT_EQ(world.store->approximate_size(), 0U);
  });
}

TEST_F(AsyncTest, ARefusedDeliveryIsLeftOutAndCounted) {
  in_world([](World& world) -> Task<> {
    world.answer = {.kind = Kind::kFunctionError, .payload = "{}"};
    world.settings = AsyncSettings{.maximum_retry_attempts = 0,
                                   .on_failure = "arn:aws:inbox:us-east-1:000000000000:refuses",
                                   .dead_letter_target = "arn:aws:inbox:us-east-1:000000000000:letters"};
    co_await world.add(event());
    co_await world.settle();
    EXPECT_EQ(world.inbox.received.size(), 1U);
    EXPECT_EQ(world.store->approximate_size(), 0U);
    EXPECT_NE(world.metrics.text().find(
                  "martlet_lambda_destination_delivery_failures_total{function_name=\"f\"} 1"),
              std::string::npos);
  });
}

TEST_F(AsyncTest, EventsOutliveTheirServer) {
  in_world([](World& world) -> Task<> {
    world.answer = {.kind = Kind::kNotNow, .payload = {}, .status = 429};
    co_await world.add(event("one"));
    co_await world.settle();
    co_await world.invocations->stop();
    world.open();
    world.answer = {.kind = Kind::kSuccess, .payload = {}};
    co_await world.invocations->recover();
    world.clock->advance(1s);
    co_await world.settle();
    EXPECT_EQ(world.attempts, (std::vector<std::string>{"one", "one"}));
    EXPECT_EQ(world.store->approximate_size(), 0U);
  });
}

TEST_F(AsyncTest, EventsOfAFunctionThatIsGoneAreDropped) {
  in_world([](World& world) -> Task<> {
    world.settings = std::nullopt;
    co_await world.add(event());
    co_await world.settle();
    EXPECT_TRUE(world.attempts.empty());
    EXPECT_EQ(world.store->approximate_size(), 0U);
  });
}

}  // namespace
}  // namespace martlet::lambda
