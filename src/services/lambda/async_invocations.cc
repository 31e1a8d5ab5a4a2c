#include "services/lambda/async_invocations.h"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <vector>

#include "base/log.h"
#include "base/signal.h"
#include "base/task_group.h"
#include "flow/queue.h"
#include "services/lambda/async_pace.h"
#include "services/lambda/invocation_record.h"
#include "services/lambda/trace.h"
#include "store/key.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

/// So that a failure of ours that lasts does not become a busy loop.
constexpr Duration kPauseAfterBug = std::chrono::seconds(5);

/// ("lambda", "async", account, region, name, …): the queue of one function.
std::string queue_key(const std::string& account, const std::string& region, const std::string& name) {
  return store::Key("lambda", "async", account, region, name);
}

/// One function's queue and how much of it is under way.
struct Lane {
  Lane(const AsyncDependencies& with, std::string key)
      : queue(with.executor, with.store, with.clock, with.ids, std::move(key)), room(with.executor) {}

  flow::Queue queue;
  Signal room;
  std::size_t under_way = 0;
  AsyncPace pace;
  /// The dispatcher has room and no event for it.
  bool is_short_of_events = false;
  /// What it held is forgotten: nothing of it may be written again.
  bool is_closed = false;
};

using LanePointer = std::shared_ptr<Lane>;

}  // namespace

struct AsyncInvocations::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(AsyncDependencies dependencies) : with(std::move(dependencies)), tasks(with.executor) {}

  LanePointer lane_of(const std::string& account, const std::string& region, const std::string& name) {
    std::string key = queue_key(account, region, name);
    auto& lane = lanes[key];
    if (!lane) {
      lane = std::make_shared<Lane>(with, std::move(key));
      tasks.spawn("asynchronous invocations", dispatch(shared_from_this(), lane));
    }
    return lane;
  }

  static Task<> dispatch(std::shared_ptr<Impl> self, LanePointer lane) {
    while (true) {
      lane->is_short_of_events = true;
      auto message = co_await take(self, lane);
      if (!message) co_return;
      lane->is_short_of_events = false;
      ++lane->under_way;
      self->tasks.spawn("asynchronous invocation", handle(self, lane, std::move(*message)));
      while (lane->under_way >= lane->pace.limit()) co_await lane->room.wait();
    }
  }

  /// A store that fails for a while must not end the dispatcher for good.
  static Task<std::optional<flow::Message>> take(std::shared_ptr<Impl> self, LanePointer lane) {
    while (true) {
      try {
        co_return co_await lane->queue.take();
      } catch (const boost::system::system_error&) {
        throw;  // the server stops
      } catch (const std::exception& error) {
        if (self->stopping) throw;
        log::error("the queue of asynchronous invocations could not be read; it is tried again",
                   {{"error", error.what()}});
      }
      co_await self->with.clock.sleep_elapsed(kPauseAfterBug);
    }
  }

  static Task<> handle(std::shared_ptr<Impl> self, LanePointer lane, flow::Message message) {
    bool settled = false;
    try {
      co_await process(self, lane, message);
      settled = true;
    } catch (const std::exception& error) {
      if (self->stopping) throw;
      log::error("an asynchronous invocation could not be settled; it is tried again",
                 {{"error", error.what()}});
    }
    if (!settled) {
      co_await self->with.clock.sleep_elapsed(kPauseAfterBug);
      lane->queue.release(message);
    }
    --lane->under_way;
    lane->room.notify_all();
  }

  static Task<> process(std::shared_ptr<Impl> self, LanePointer lane, flow::Message message) {
    AsyncEvent event = store::decode<AsyncEvent>(message.body);
    const auto settings = co_await self->with.settings(event);
    if (!settings) co_return co_await self->drop(*lane, message, event);
    AsyncDecision decision = before_attempt(event, *settings, self->with.clock.now());
    std::optional<AsyncAttempt> attempt;
    if (decision.kind == AsyncDecision::Kind::kRetry) {
      self->observe_age(event);
      const Duration began = self->with.clock.elapsed();
      attempt = co_await make_attempt(self, event);
      if (lane->is_closed) co_return;
      ++event.attempts;
      if (attempt->kind == AsyncAttempt::Kind::kFunctionError) ++event.failures;
      self->adapt(*lane, *attempt, began);
      decision = after_attempt(event, *attempt, *settings, self->with.clock.now());
    }
    switch (decision.kind) {
      case AsyncDecision::Kind::kRetry:
        co_return co_await self->put_back(*lane, message, event, decision.at);
      case AsyncDecision::Kind::kDropped:
        co_return co_await self->drop(*lane, message, event);
      default:
        co_await self->finish(*lane, message, event, decision, attempt ? &*attempt : nullptr, *settings);
    }
  }

  static Task<AsyncAttempt> make_attempt(std::shared_ptr<Impl> self, AsyncEvent event) {
    try {
      co_return co_await self->with.attempt(event);
    } catch (const std::exception& error) {
      if (self->stopping) throw;  // it is tried again after the next start
      log::error("an asynchronous invocation met a failure of the platform",
                 {{"function", event.name}, {"request_id", event.request_id}, {"error", error.what()}});
    }
    co_return AsyncAttempt{
        .kind = AsyncAttempt::Kind::kNotNow, .payload = "An internal error occurred.", .status = 500};
  }

  void adapt(Lane& lane, const AsyncAttempt& attempt, Duration began) const {
    const Duration now = with.clock.elapsed();
    if (attempt.kind == AsyncAttempt::Kind::kNotNow)
      lane.pace.throttled(now);
    else
      lane.pace.answered(lane.is_short_of_events, now - began, now);
  }

  Task<> put_back(Lane& lane, const flow::Message& message, const AsyncEvent& event, TimePoint at) {
    co_await with.store.transact([&](store::Txn& txn) -> Task<> {
      lane.queue.put_back(txn, message, store::encode(event), at);
      co_return;
    });
  }

  Task<> drop(Lane& lane, const flow::Message& message, const AsyncEvent& event) {
    count_dropped(event);
    co_await with.store.transact([&](store::Txn& txn) -> Task<> {
      lane.queue.erase(txn, message);
      co_return;
    });
  }

  /// A delivery, and how its refusal is counted.
  struct Outgoing {
    targets::Delivery delivery;
    const char* refusals;
    const char* help;
  };

  /// Takes the event out of its queue and hands on what is to be known of it, in one transaction. A delivery
  /// that is refused does not bring the event back, as on AWS: it is counted and left out.
  Task<> finish(Lane& lane, const flow::Message& message, const AsyncEvent& event,
                const AsyncDecision& decision, const AsyncAttempt* attempt, const AsyncSettings& settings) {
    if (decision.kind == AsyncDecision::Kind::kFailed) count_dropped(event);
    if (decision.condition == kRecursiveInvocation)
      count("martlet_lambda_recursive_invocations_dropped_total",
            "Invocations that were not made because of a recursive loop (RecursiveInvocationsDropped).",
            event);
    std::vector<Outgoing> outgoing = deliveries_of(event, decision, attempt, settings);
    while (true) {
      std::size_t at = 0;
      std::string refusal;
      try {
        co_await with.store.transact([&](store::Txn& txn) -> Task<> {
          for (at = 0; at < outgoing.size(); ++at) co_await with.targets.deliver(txn, outgoing[at].delivery);
          lane.queue.erase(txn, message);
        });
        co_return;
      } catch (const aws::Error& error) {
        refusal = error.what();
      }
      const Outgoing& refused = outgoing.at(at);
      count(refused.refusals, refused.help, event);
      log::warning("an event's record could not be delivered",
                   {{"function", event.name}, {"to", refused.delivery.to.str()}, {"error", refusal}});
      outgoing.erase(outgoing.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

  std::vector<Outgoing> deliveries_of(const AsyncEvent& event, const AsyncDecision& decision,
                                      const AsyncAttempt* attempt, const AsyncSettings& settings) const {
    std::vector<Outgoing> outgoing;
    const std::string trace = counted(event.trace_header, event.function().arn(event.partition));
    const auto add = [&](const std::string& arn, std::string body,
                         std::map<std::string, targets::Attribute> attributes, const char* refusals,
                         const char* help) {
      outgoing.push_back({.delivery = {.to = Arn::parse(arn).value_or(Arn{}),
                                       .body = std::move(body),
                                       .attributes = std::move(attributes),
                                       .role_arn = settings.role_arn,
                                       .group_id = {},
                                       .deduplication_id = {},
                                       .trace_header = trace,
                                       .service = "lambda.amazonaws.com",
                                       .source_arn = event.function().arn(event.partition)},
                          .refusals = refusals,
                          .help = help});
    };
    const bool succeeded = decision.kind == AsyncDecision::Kind::kSucceeded;
    const std::string& destination = succeeded ? settings.on_success : settings.on_failure;
    if (!destination.empty())
      add(destination, invocation_record(event, arn_of(event), decision.condition, attempt, with.clock.now()),
          {}, "martlet_lambda_destination_delivery_failures_total",
          "Records that a destination did not take (DestinationDeliveryFailures).");
    if (!succeeded && !settings.dead_letter_target.empty())
      add(settings.dead_letter_target, event.payload,
          dead_letter_attributes(event, attempt, decision.condition),
          "martlet_lambda_dead_letter_errors_total",
          "Events that the dead-letter queue did not take (DeadLetterErrors).");
    return outgoing;
  }

  static std::string arn_of(const AsyncEvent& event) {
    FunctionName name = event.function();
    if (name.qualifier.empty()) name.qualifier = "$LATEST";
    return name.qualified_arn(event.partition);
  }

  void count(const char* name, const char* help, const AsyncEvent& event) {
    with.metrics.counter(name, help, {{"function_name", event.name}}).add();
  }

  void count_dropped(const AsyncEvent& event) {
    count("martlet_lambda_async_events_dropped_total", "Events dropped without success (AsyncEventsDropped).",
          event);
  }

  void observe_age(const AsyncEvent& event) {
    const double seconds = static_cast<double>(to_epoch_ms(with.clock.now()) - event.accepted_ms) / 1000;
    with.metrics
        .histogram("martlet_lambda_async_event_age_seconds",
                   "Age of events when they are tried (AsyncEventAge).", {{"function_name", event.name}})
        .observe(seconds);
  }

  static Task<> recover(std::shared_ptr<Impl> self) {
    store::Range rest = store::prefix_range("lambda", "async");
    while (true) {
      const auto found =
          co_await self->with.store.transact([&](store::Txn& txn) -> Task<std::vector<store::KeyValue>> {
            co_return co_await txn.scan(rest, {.limit = 1});
          });
      if (found.empty()) co_return;
      store::KeyReader key(found.front().key);
      key.text();
      key.text();
      const std::string account = key.text(), region = key.text(), name = key.text();
      self->lane_of(account, region, name);
      rest = store::after(std::move(rest), queue_key(account, region, name));
    }
  }

  AsyncDependencies with;
  std::map<std::string, LanePointer> lanes;
  TaskGroup tasks;
  bool stopping = false;
};

AsyncInvocations::AsyncInvocations(AsyncDependencies with) : impl_(std::make_shared<Impl>(std::move(with))) {}

AsyncInvocations::~AsyncInvocations() = default;

Task<> AsyncInvocations::recover() { return Impl::recover(impl_); }

void AsyncInvocations::add(store::Txn& txn, const AsyncEvent& event) {
  const LanePointer lane = impl_->lane_of(event.account, event.region, event.name);
  lane->queue.put(txn, store::encode(event), from_epoch_ms(event.accepted_ms));
  txn.after_commit([impl = impl_, lane, event_name = event.name] {
    impl->with.metrics
        .counter("martlet_lambda_async_events_received_total", "Events accepted (AsyncEventsReceived).",
                 {{"function_name", event_name}})
        .add();
  });
}

void AsyncInvocations::reset() {
  for (const auto& [key, lane] : impl_->lanes) {
    lane->is_closed = true;
    lane->queue.close();
  }
  impl_->lanes.clear();
}

Task<> AsyncInvocations::stop() {
  reset();
  const auto impl = impl_;
  impl->stopping = true;
  co_await impl->tasks.stop();
}

}  // namespace martlet::lambda
