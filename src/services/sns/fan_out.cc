#include "services/sns/fan_out.h"

#include <fmt/format.h>

#include <map>

#include "base/log.h"
#include "services/sns/documents.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"
#include "services/sns/sns_store.h"

namespace martlet::sns {

namespace {

/// Numbers of a FIFO topic that are reserved at a time: they need not be stored one by one.
constexpr std::uint64_t kNumberBlock = 1'000;

/// Twenty digits, growing.
std::string sequence_number(std::uint64_t number) { return fmt::format("1{:016}000", number + 1); }

/// What is remembered of a message under its deduplication id.
std::string remembered(const Published& published) {
  return published.message_id + " " + published.sequence_number;
}

Published recalled(const std::string& text) {
  const std::size_t space = text.find(' ');
  return {text.substr(0, space), text.substr(space + 1)};
}

}  // namespace

/// One message on its way to the subscriptions of its topic.
struct FanOut::Sending {
  const PublishRequest& request;
  const TopicState& topic;
  Published published;
  std::string deduplication_id;
  std::int64_t now_ms = 0;
  SignatureVersion version = SignatureVersion::kOne;
  std::shared_ptr<const SigningKey> key = nullptr;
  /// By protocol.
  std::map<std::string, Notification> notifications = {};
  /// By the text that is signed.
  std::map<std::string, std::string> signatures = {};
  std::uint64_t delivered = 0;

  const Notification& notification_for(const std::string& protocol) {
    const auto found = notifications.find(protocol);
    if (found != notifications.end()) return found->second;
    const Message& message = request.message;
    Notification& made = notifications[protocol];
    made.message_id = published.message_id;
    made.topic_arn = topic.name.arn();
    made.subject = message.subject;
    made.message = message.text_for(protocol);
    made.timestamp_ms = now_ms;
    made.sequence_number = published.sequence_number;
    // Attributes go only with messages whose structure is plain.
    if (message.by_protocol.empty()) made.attributes = message.attributes;
    return made;
  }
};

Task<std::string> FanOut::number(store::Txn& txn, std::shared_ptr<TopicState> topic) {
  if (topic->next_number < topic->numbers_end) co_return sequence_number(topic->next_number++);
  const std::uint64_t first = co_await take_sequence_numbers(txn, topic->name, kNumberBlock);
  txn.after_commit([topic, first] {
    topic->next_number = first + 1;
    topic->numbers_end = first + kNumberBlock;
  });
  co_return sequence_number(first);
}

Task<Published> FanOut::publish(store::Txn& txn, const PublishRequest& request) {
  const std::shared_ptr<TopicState> topic = co_await parts_.topics.get(txn, request.topic);
  Sending sending{.request = request,
                  .topic = *topic,
                  .published = {parts_.with.ids.uuid(), {}},
                  .deduplication_id = {},
                  .now_ms = to_epoch_ms(parts_.with.clock.now()),
                  .version = signature_version(topic->record.attribute("SignatureVersion"))};
  if (topic->name.is_fifo()) {
    const bool content_based = topic->record.attribute("ContentBasedDeduplication") == "true";
    sending.deduplication_id = deduplication_id(request.message, content_based);
    std::string id = sending.deduplication_id;
    if (topic->record.attribute("FifoThroughputScope") == "MessageGroup")
      id = request.message.group_id + '\n' + id;
    if (const auto before = co_await topic->seen.find(txn, id)) co_return recalled(*before);
    sending.published.sequence_number = co_await number(txn, topic);
    co_await topic->seen.remember(txn, id, remembered(sending.published),
                                  parts_.with.clock.now() + kDeduplicationWindow);
    txn.after_commit([topic] {});  // it must outlive the transaction that it took part in
  }
  co_await send_all(txn, sending);
  co_return sending.published;
}

Task<> FanOut::send_all(store::Txn& txn, Sending& sending) {
  const std::vector<std::size_t> wanting = sending.topic.wanting(sending.request.message);
  for (const std::size_t position : wanting) co_await send(txn, sending, sending.topic.subscribers[position]);
  txn.after_commit([&metrics = parts_.metrics, delivered = sending.delivered,
                    filtered = sending.topic.subscribers.size() - wanting.size()] {
    metrics.published.add();
    metrics.delivered.add(delivered);
    metrics.filtered.add(filtered);
  });
}

Task<> FanOut::send(store::Txn& txn, Sending& sending, const Subscriber& subscriber) {
  const std::string& protocol = subscriber.record.protocol;
  const Notification& notification = sending.notification_for(protocol);
  if (subscriber.record.is_http()) {
    parts_.http.add(txn, sending.topic.name,
                    {.notification = notification,
                     .subscription_id = subscriber.record.id,
                     .endpoint = subscriber.record.endpoint,
                     .base_url = sending.request.base_url,
                     .attempts = 0});
  } else if (protocol == "sqs" || protocol == "lambda") {
    co_await send_to_target(txn, sending, subscriber);
  } else if (protocol == "sms") {
    send_to_outbox(txn, sending, subscriber, notification.message);
  } else {
    const Envelope envelope = co_await envelope_of(sending, subscriber);
    send_to_outbox(txn, sending, subscriber,
                   protocol == "email" ? email_text(notification, envelope)
                                       : notification_document(notification, envelope));
  }
}

void FanOut::send_to_outbox(store::Txn& txn, Sending& sending, const Subscriber& subscriber,
                            std::string body) {
  const Notification& notification = sending.notification_for(subscriber.record.protocol);
  std::string subject = notification.subject;
  if (subject.empty() && subscriber.record.protocol != "sms") subject = "AWS Notification Message";
  parts_.outbox.add(txn, {.protocol = subscriber.record.protocol,
                          .to = subscriber.record.endpoint,
                          .subject = std::move(subject),
                          .body = std::move(body),
                          .message_id = notification.message_id,
                          .topic_arn = notification.topic_arn,
                          .sent_ms = sending.now_ms,
                          .attributes = notification.attributes});
  ++sending.delivered;
}

Task<Envelope> FanOut::envelope_of(Sending& sending, const Subscriber& subscriber) {
  Envelope envelope{.subscription_arn = subscriber.arn, .base_url = sending.request.base_url};
  // Messages of FIFO topics carry a number in place of a signature.
  if (sending.topic.name.is_fifo()) co_return envelope;
  if (!sending.key) sending.key = co_await parts_.signing.key();
  std::string text = string_to_sign(sending.notification_for(subscriber.record.protocol), {});
  auto found = sending.signatures.find(text);
  if (found == sending.signatures.end()) {
    std::string signature = sending.key->sign(text, sending.version);
    found = sending.signatures.emplace(std::move(text), std::move(signature)).first;
  }
  envelope.signature = found->second;
  envelope.signature_version = sending.version == SignatureVersion::kTwo ? "2" : "1";
  envelope.certificate_url = sending.request.base_url + sending.key->certificate_path();
  co_return envelope;
}

/// As a queue gets it, be it the endpoint or the dead-letter queue.
Task<targets::Delivery> FanOut::queue_delivery(Sending& sending, const Subscriber& subscriber, Arn to) {
  const Notification& notification = sending.notification_for(subscriber.record.protocol);
  targets::Delivery delivery{.to = std::move(to),
                             .body = {},
                             .attributes = {},
                             .role_arn = {},
                             .group_id = sending.request.message.group_id,
                             .deduplication_id = sending.deduplication_id,
                             .trace_header = sending.request.trace_header,
                             .service = std::string(kServicePrincipal),
                             .source_arn = sending.topic.name.arn()};
  // Attributes that a queue cannot carry go in the document, so that the dead-letter queue loses none.
  if (subscriber.is_raw && notification.attributes.size() <= kMaxRawAttributes) {
    delivery.body = notification.message;
    for (const auto& [name, attribute] : notification.attributes)
      delivery.attributes.emplace(name, targets::Attribute{attribute.type, attribute.value});
  } else {
    delivery.body = notification_document(notification, co_await envelope_of(sending, subscriber));
  }
  co_return delivery;
}

Task<targets::Delivery> FanOut::function_delivery(Sending& sending, const Subscriber& subscriber) {
  targets::Delivery delivery;
  delivery.to = subscriber.endpoint;
  delivery.body = lambda_event(sending.notification_for(subscriber.record.protocol),
                               co_await envelope_of(sending, subscriber));
  delivery.trace_header = sending.request.trace_header;
  delivery.service = kServicePrincipal;
  delivery.source_arn = sending.topic.name.arn();
  co_return delivery;
}

Task<> FanOut::send_to_target(store::Txn& txn, Sending& sending, const Subscriber& subscriber) {
  const bool is_queue = subscriber.record.protocol == "sqs";
  if (is_queue && subscriber.is_raw && sending.request.message.attributes.size() > kMaxRawAttributes)
    co_return co_await give_up(txn, sending, subscriber,
                               "a raw message has at most 10 attributes in a queue");
  targets::Delivery delivery;
  if (is_queue)
    delivery = co_await queue_delivery(sending, subscriber, subscriber.endpoint);
  else
    delivery = co_await function_delivery(sending, subscriber);
  std::string problem;
  try {
    co_await parts_.with.targets.deliver(txn, delivery);
    ++sending.delivered;
    co_return;
  } catch (const aws::Error& error) {
    problem = error.what();
  }
  co_await give_up(txn, sending, subscriber, problem);
}

Task<> FanOut::give_up(store::Txn& txn, Sending& sending, const Subscriber& subscriber, std::string problem) {
  log::warning("a notification could not be delivered",
               {{"subscription", subscriber.arn}, {"error", problem}});
  bool redriven = false;
  if (subscriber.dead_letter) {
    const targets::Delivery delivery = co_await queue_delivery(sending, subscriber, *subscriber.dead_letter);
    try {
      co_await parts_.with.targets.deliver(txn, delivery);
      redriven = true;
    } catch (const aws::Error& error) {
      log::warning("a dead-letter queue did not take a notification",
                   {{"queue", subscriber.dead_letter->str()}, {"error", error.what()}});
    }
  }
  txn.after_commit([&metrics = parts_.metrics, has_queue = subscriber.dead_letter.has_value(), redriven] {
    metrics.failed.add();
    if (has_queue) (redriven ? metrics.redriven : metrics.not_redriven).add();
  });
}

}  // namespace martlet::sns
