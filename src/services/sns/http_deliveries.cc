#include "services/sns/http_deliveries.h"

#include <map>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/signal.h"
#include "base/task_group.h"
#include "flow/queue.h"
#include "net/client.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/documents.h"
#include "services/sns/http_endpoint.h"
#include "services/sns/limits.h"
#include "services/sns/sns_store.h"
#include "services/sns/subscription_attributes.h"
#include "store/record.h"

namespace martlet::sns {

namespace {

/// Requests to one endpoint at a time.
constexpr std::size_t kMostParallel = 16;
/// Of an endpoint's answer, which nobody reads.
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
/// So that a failure of ours that lasts does not become a busy loop.
constexpr Duration kPauseAfterBug = std::chrono::seconds(5);

/// One subscription's queue and how much of it is under way.
struct Lane {
  Lane(const Dependencies& with, SubscriptionName of)
      : name(std::move(of)),
        queue(with.executor, with.store, with.clock, with.ids, http_queue_prefix(name)),
        room(with.executor) {}

  const SubscriptionName name;
  flow::Queue queue;
  Signal room;
  std::size_t under_way = 0;
  /// What it held is forgotten: nothing of it may be written again.
  bool is_closed = false;
};
using LanePointer = std::shared_ptr<Lane>;

/// What is known of the subscription when an attempt is made.
struct Setting {
  SubscriptionRecord subscription;
  EffectivePolicy policy;
  SignatureVersion signature = SignatureVersion::kOne;
};

enum class Verdict { kDelivered, kTryAgain, kRefused };

/// Success is 2xx; what is the server's fault, or asks for patience, is tried again.
Verdict verdict_of(int status) {
  if (status >= 200 && status < 300) return Verdict::kDelivered;
  return status == 429 || status < 200 || status >= 500 ? Verdict::kTryAgain : Verdict::kRefused;
}

net::ClientOptions client_options() {
  net::ClientOptions options;
  options.connect_timeout = kHttpTimeout;
  options.read_timeout = kHttpTimeout;
  return options;
}

/// The plain text and JSON types are for every notification; the others are for raw ones.
std::string content_type(const Setting& setting, bool is_raw) {
  const std::string& chosen = setting.policy.content_type;
  if (is_raw || chosen.starts_with("text/plain") || chosen.starts_with("application/json")) return chosen;
  return "text/plain; charset=UTF-8";
}

}  // namespace

struct HttpDeliveries::Impl : std::enable_shared_from_this<Impl> {
  Impl(Dependencies dependencies, Signing& with_signing, SnsMetrics& with_metrics)
      : with(std::move(dependencies)),
        signing(with_signing),
        metrics(with_metrics),
        client(with.executor, with.clock, client_options()),
        tasks(with.executor) {}

  LanePointer lane_of(const SubscriptionName& name) {
    auto& lane = lanes[name.arn()];
    if (!lane) {
      lane = std::make_shared<Lane>(with, name);
      tasks.spawn("deliveries to an HTTP endpoint", dispatch(shared_from_this(), lane));
    }
    return lane;
  }

  static Task<> dispatch(std::shared_ptr<Impl> self, LanePointer lane) {
    while (auto message = co_await lane->queue.take()) {
      ++lane->under_way;
      self->tasks.spawn("delivery to an HTTP endpoint", handle(self, lane, std::move(*message)));
      while (lane->under_way >= kMostParallel) co_await lane->room.wait();
    }
  }

  static Task<> handle(std::shared_ptr<Impl> self, LanePointer lane, flow::Message message) {
    bool settled = false;
    try {
      co_await self->process(lane, message);
      settled = true;
    } catch (const std::exception& error) {
      if (self->stopping) throw;
      log::error("a delivery to an HTTP endpoint could not be settled; it is tried again",
                 {{"error", error.what()}});
    }
    if (!settled) {
      co_await self->with.clock.sleep_elapsed(kPauseAfterBug);
      lane->queue.release(message);
    }
    --lane->under_way;
    lane->room.notify_all();
  }

  Task<> process(LanePointer lane, flow::Message message) {
    HttpDeliveryRecord record = store::decode<HttpDeliveryRecord>(message.body);
    const std::optional<Setting> setting = co_await setting_of(lane->name, record);
    if (!setting) {
      co_await with.store.transact([&](store::Txn& txn) -> Task<> {
        lane->queue.erase(txn, message);
        co_return;
      });
      co_return;
    }
    const Verdict verdict = co_await attempt(lane->name, record, *setting);
    if (lane->is_closed) co_return;
    ++record.attempts;
    const auto delay = setting->policy.retry.delay_before(record.attempts);
    if (verdict == Verdict::kTryAgain && delay) {
      const TimePoint due = with.clock.now() + *delay;
      co_await with.store.transact([&](store::Txn& txn) -> Task<> {
        lane->queue.put_back(txn, message, store::encode(record), due);
        co_return;
      });
      metrics.retried.add();
    } else {
      co_await settle(lane, message, record, *setting, verdict);
    }
  }

  /// Takes the message out, into the dead-letter queue if it was not delivered and there is one.
  Task<> settle(LanePointer lane, const flow::Message& message, const HttpDeliveryRecord& record,
                const Setting& setting, Verdict verdict) {
    if (verdict == Verdict::kDelivered) {
      metrics.delivered.add();
    } else {
      metrics.failed.add();
      log::warning("a notification could not be delivered",
                   {{"subscription", lane->name.arn()}, {"endpoint", record.endpoint}});
      const std::string queue = dead_letter_queue(setting.subscription);
      if (!queue.empty() && co_await redrive(lane, message, record, setting, queue)) co_return;
    }
    co_await with.store.transact([&](store::Txn& txn) -> Task<> {
      lane->queue.erase(txn, message);
      co_return;
    });
  }

  Task<bool> redrive(LanePointer lane, const flow::Message& message, const HttpDeliveryRecord& record,
                     const Setting& setting, const std::string& queue) {
    std::string body = record.notification.message;
    if (!setting.subscription.is_raw()) body = co_await document(lane->name, record, setting);
    targets::Delivery delivery{.to = Arn::parse(queue).value_or(Arn{}),
                               .body = std::move(body),
                               .attributes = {},
                               .role_arn = {},
                               .group_id = {},
                               .deduplication_id = {},
                               .trace_header = {},
                               .service = std::string(kServicePrincipal),
                               .source_arn = lane->name.topic.arn()};
    try {
      co_await with.store.transact([&](store::Txn& txn) -> Task<> {
        co_await with.targets.deliver(txn, delivery);
        lane->queue.erase(txn, message);
      });
      metrics.redriven.add();
      co_return true;
    } catch (const aws::Error& error) {
      log::warning("a dead-letter queue did not take a notification",
                   {{"queue", queue}, {"error", error.what()}});
    }
    metrics.not_redriven.add();
    co_return false;
  }

  /// nullopt: nobody wants the message any more.
  Task<std::optional<Setting>> setting_of(SubscriptionName name, const HttpDeliveryRecord& record) {
    co_return co_await with.store.transact([&](store::Txn& txn) -> Task<std::optional<Setting>> {
      const std::optional<TopicRecord> topic = co_await load_topic(txn, name.topic);
      if (!topic) co_return std::nullopt;
      Setting setting;
      std::optional<SubscriptionRecord> subscription = co_await load_subscription(txn, name);
      // Who is told that he is not subscribed any more is not.
      if (!subscription && record.notification.type != "UnsubscribeConfirmation") co_return std::nullopt;
      if (subscription) setting.subscription = std::move(*subscription);
      setting.policy =
          effective_policy(parse_topic_policy(topic->attribute("DeliveryPolicy")),
                           parse_subscription_policy(setting.subscription.attribute("DeliveryPolicy")));
      setting.signature = signature_version(topic->attribute("SignatureVersion"));
      co_return setting;
    });
  }

  Task<std::string> document(SubscriptionName name, const HttpDeliveryRecord& record,
                             const Setting& setting) {
    const std::shared_ptr<const SigningKey> key = co_await signing.key();
    const Notification& notification = record.notification;
    const std::string url = subscribe_url(record.base_url, notification.topic_arn, notification.token);
    co_return notification_document(
        notification, {.subscription_arn = name.arn(),
                       .base_url = record.base_url,
                       .signature = key->sign(string_to_sign(notification, url), setting.signature),
                       .signature_version = setting.signature == SignatureVersion::kTwo ? "2" : "1",
                       .certificate_url = record.base_url + key->certificate_path()});
  }

  Task<Verdict> attempt(SubscriptionName name, const HttpDeliveryRecord& record, const Setting& setting) {
    const std::optional<HttpEndpoint> endpoint = HttpEndpoint::parse(record.endpoint);
    if (!endpoint) co_return Verdict::kRefused;
    const Notification& notification = record.notification;
    const bool is_confirmation = notification.type != "Notification";
    const bool is_raw = setting.subscription.is_raw() && !is_confirmation;
    net::ClientRequest request{.method = "POST", .url = endpoint->url};
    const auto header = [&](const char* field, std::string value) {
      request.headers.add(field, std::move(value));
    };
    header("x-amz-sns-message-type", notification.type);
    header("x-amz-sns-message-id", notification.message_id);
    header("x-amz-sns-topic-arn", notification.topic_arn);
    if (notification.type != "SubscriptionConfirmation") header("x-amz-sns-subscription-arn", name.arn());
    if (is_raw) header("x-amz-sns-rawdelivery", "true");
    header("Content-Type", content_type(setting, is_raw));
    header("User-Agent", "Amazon Simple Notification Service Agent");
    if (!endpoint->authorization.empty()) header("Authorization", endpoint->authorization);
    request.body = notification.message;
    if (!is_raw) request.body = co_await document(name, record, setting);
    co_return co_await send(std::move(request));
  }

  Task<Verdict> send(net::ClientRequest request) {
    std::string problem;
    try {
      const net::Response answer = co_await client.send(std::move(request), kMaxAnswerBytes);
      co_return verdict_of(answer.status);
    } catch (const net::TooLarge&) {
      co_return Verdict::kDelivered;
    } catch (const net::ClientError& error) {
      problem = error.what();
    } catch (const net::Disconnected& error) {
      problem = error.what();
    }
    log::debug("an HTTP endpoint did not answer", {{"error", problem}});
    co_return Verdict::kTryAgain;
  }

  static Task<> restore(std::shared_ptr<Impl> self) {
    const auto waiting =
        co_await self->with.store.transact([](store::Txn& txn) -> Task<std::vector<SubscriptionName>> {
          co_return co_await list_http_queues(txn);
        });
    for (const SubscriptionName& name : waiting) self->lane_of(name);
  }

  Dependencies with;
  Signing& signing;
  SnsMetrics& metrics;
  net::Client client;
  std::map<std::string, LanePointer> lanes;
  TaskGroup tasks;
  bool stopping = false;
};

HttpDeliveries::HttpDeliveries(Dependencies with, Signing& signing, SnsMetrics& metrics)
    : impl_(std::make_shared<Impl>(std::move(with), signing, metrics)) {}

HttpDeliveries::~HttpDeliveries() = default;

Task<> HttpDeliveries::restore() { return Impl::restore(impl_); }

void HttpDeliveries::add(store::Txn& txn, const TopicName& topic, const HttpDeliveryRecord& record) {
  const LanePointer lane = impl_->lane_of({topic, record.subscription_id});
  lane->queue.put(txn, store::encode(record), impl_->with.clock.now());
}

void HttpDeliveries::reset() {
  for (const auto& [name, lane] : impl_->lanes) {
    lane->is_closed = true;
    lane->queue.close();
  }
  impl_->lanes.clear();
}

Task<> HttpDeliveries::stop() {
  reset();
  const auto impl = impl_;
  impl->stopping = true;
  co_await impl->tasks.stop();
  co_await impl->client.stop();
}

}  // namespace martlet::sns
