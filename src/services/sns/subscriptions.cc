// Subscriptions: made, confirmed, ended, read and changed.

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "services/sns/calls.h"
#include "services/sns/documents.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"
#include "services/sns/service.h"
#include "services/sns/sns_store.h"
#include "services/sns/subscription_attributes.h"

namespace martlet::sns {

namespace {

constexpr std::size_t kTokenDigits = 160;
constexpr const char* kPendingInListings = "PendingConfirmation";

/// Endpoints of the caller's own account, and telephones, need not be asked.
bool needs_confirmation(const SubscriptionRecord& subscription) {
  if (subscription.protocol == "lambda" || subscription.protocol == "sms") return false;
  if (subscription.protocol != "sqs") return true;
  const std::optional<Arn> queue = Arn::parse(subscription.endpoint);
  return queue && queue->account != subscription.owner;
}

Subscription listed(const TopicName& topic, const SubscriptionRecord& record) {
  Subscription out;
  out.subscription_arn = record.pending ? kPendingInListings : SubscriptionName{topic, record.id}.arn();
  out.owner = record.owner;
  out.protocol = record.protocol;
  out.endpoint = record.endpoint;
  out.topic_arn = topic.arn();
  return out;
}

Task<TopicRecord> require_topic(store::Txn& txn, TopicName name) {
  std::optional<TopicRecord> topic = co_await load_topic(txn, std::move(name));
  if (!topic) throw topic_not_found();
  co_return std::move(*topic);
}

/// Filter policies of a topic are few.
Task<> check_filter_count(store::Txn& txn, TopicName name, const SubscriptionRecord& changed) {
  if (changed.attribute("FilterPolicy").empty()) co_return;
  std::size_t others = 0;
  for (const SubscriptionRecord& record : co_await list_subscriptions(txn, std::move(name), {}, 0))
    if (record.id != changed.id && !record.attribute("FilterPolicy").empty()) ++others;
  if (others >= kMaxFilterPolicies)
    throw filter_policy_limit_exceeded(fmt::format(
        "The number of filter policies of this topic is at its limit of {}.", kMaxFilterPolicies));
}

}  // namespace

/// What Subscribe asks for.
struct SnsService::NewSubscription {
  TopicName topic;
  SubscriptionRecord record;
  std::string base_url;
};

bool SnsService::is_gone(const SubscriptionRecord& subscription) const {
  return subscription.pending &&
         from_epoch_ms(subscription.created_ms) + kConfirmationLifetime <= with_.clock.now();
}

Task<> SnsService::ask_for_confirmation(store::Txn& txn, TopicName topic, SubscriptionRecord subscription,
                                        std::string base_url, std::string type) {
  Notification notification;
  notification.type = std::move(type);
  notification.message_id = with_.ids.uuid();
  notification.topic_arn = topic.arn();
  notification.timestamp_ms = to_epoch_ms(with_.clock.now());
  notification.token = with_.ids.hex(kTokenDigits);
  notification.message = notification.type == "SubscriptionConfirmation"
                             ? confirmation_message(notification.topic_arn)
                             : farewell_message(SubscriptionName{topic, subscription.id}.arn());
  TokenRecord token{.topic_arn = notification.topic_arn,
                    .subscription = subscription,
                    .expires_ms = to_epoch_ms(with_.clock.now() + kConfirmationLifetime)};
  token.subscription.pending = false;
  co_await save_token(txn, notification.token, token, notification.timestamp_ms);
  if (subscription.is_http()) {
    http_.add(txn, topic,
              {.notification = std::move(notification),
               .subscription_id = subscription.id,
               .endpoint = subscription.endpoint,
               .base_url = std::move(base_url),
               .attempts = 0});
    co_return;
  }
  const Envelope envelope = co_await confirmation_envelope(notification, std::move(base_url));
  if (subscription.protocol == "sqs") {
    targets::Delivery delivery;
    delivery.to = Arn::parse(subscription.endpoint).value_or(Arn{});
    delivery.body = notification_document(notification, envelope);
    delivery.service = kServicePrincipal;
    delivery.source_arn = topic.arn();
    try {
      co_await with_.targets.deliver(txn, delivery);
    } catch (const aws::Error& error) {
      log::warning("a queue cannot be asked to confirm a subscription",
                   {{"queue", subscription.endpoint}, {"error", error.what()}});
    }
    co_return;
  }
  outbox_.add(txn, {.protocol = subscription.protocol,
                    .to = subscription.endpoint,
                    .subject = "AWS Notification - Subscription Confirmation",
                    .body = subscription.protocol == "email" ? email_text(notification, envelope)
                                                             : notification_document(notification, envelope),
                    .message_id = notification.message_id,
                    .topic_arn = notification.topic_arn,
                    .sent_ms = notification.timestamp_ms,
                    .attributes = {}});
}

Task<Envelope> SnsService::confirmation_envelope(const Notification& notification, std::string base_url) {
  const std::shared_ptr<const SigningKey> key = co_await signing_.key();
  const std::string url = subscribe_url(base_url, notification.topic_arn, notification.token);
  co_return Envelope{.subscription_arn = {},
                     .base_url = base_url,
                     .signature = key->sign(string_to_sign(notification, url), SignatureVersion::kOne),
                     .signature_version = "1",
                     .certificate_url = base_url + key->certificate_path()};
}

Task<SubscriptionRecord> SnsService::subscribe(store::Txn& txn, const NewSubscription& wanted) {
  TopicRecord topic = co_await require_topic(txn, wanted.topic);
  const SubscriptionRecord& record = wanted.record;
  std::optional<SubscriptionRecord> there =
      co_await find_subscription(txn, wanted.topic, record.protocol, record.endpoint);
  if (there && is_gone(*there)) {
    erase_subscription(txn, wanted.topic, *there);
    there.reset();
  }
  if (there) {
    if (!record.attributes.empty() && record.attributes != there->attributes)
      throw invalid_parameter("Attributes Reason: Subscription already exists with different attributes");
    if (there->pending)
      co_await ask_for_confirmation(txn, wanted.topic, *there, wanted.base_url, "SubscriptionConfirmation");
    co_return std::move(*there);
  }
  co_await check_filter_count(txn, wanted.topic, record);
  save_subscription(txn, wanted.topic, record);
  save_topic(txn, wanted.topic, topic);
  if (record.pending)
    co_await ask_for_confirmation(txn, wanted.topic, record, wanted.base_url, "SubscriptionConfirmation");
  co_return record;
}

Task<SubscribeResponse> SnsService::Subscribe(wire::Context& context, SubscribeInput input) {
  NewSubscription wanted{called_topic(context, input.topic_arn), {}, context.base_url};
  SubscriptionRecord& record = wanted.record;
  record.id = with_.ids.uuid();
  record.protocol = std::move(input.protocol);
  record.endpoint = std::move(input.endpoint).value_or("");
  check_endpoint(wanted.topic, record.protocol, record.endpoint);
  record.owner = context.account;
  record.principal = context.caller.arn;
  record.created_ms = to_epoch_ms(with_.clock.now());
  record.pending = needs_confirmation(record);
  record.confirmed_with_authentication = !record.pending;
  if (input.attributes)
    for (const auto& [name, value] : *input.attributes) set_subscription_attribute(record, name, value);
  check_subscription(wanted.topic, record);
  const SubscriptionRecord made = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<SubscriptionRecord> { co_return co_await subscribe(txn, wanted); });
  SubscribeResponse out;
  out.subscription_arn = made.pending && !input.return_subscription_arn.value_or(false)
                             ? "pending confirmation"
                             : SubscriptionName{wanted.topic, made.id}.arn();
  co_return out;
}

Task<ConfirmSubscriptionResponse> SnsService::ConfirmSubscription(wire::Context& context,
                                                                  ConfirmSubscriptionInput input) {
  const TopicName name = parse_topic_arn(input.topic_arn);
  const bool authenticated = is_signed(context);
  const bool guarded = authenticated && to_lower(input.authenticate_on_unsubscribe.value_or("")) == "true";
  const std::string arn = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::string> {
    TopicRecord topic = co_await require_topic(txn, name);
    std::optional<TokenRecord> token = co_await load_token(txn, input.token);
    if (!token || token->topic_arn != input.topic_arn ||
        from_epoch_ms(token->expires_ms) <= with_.clock.now())
      throw invalid_parameter("Token");
    SubscriptionRecord& confirmed = token->subscription;
    const std::optional<SubscriptionRecord> there =
        co_await find_subscription(txn, name, confirmed.protocol, confirmed.endpoint);
    if (there && !there->pending) co_return SubscriptionName{name, there->id}.arn();
    if (there) confirmed = *there;
    confirmed.pending = false;
    confirmed.confirmed_with_authentication = authenticated;
    confirmed.authenticate_on_unsubscribe = guarded;
    save_subscription(txn, name, confirmed);
    save_topic(txn, name, topic);
    co_return SubscriptionName{name, confirmed.id}.arn();
  });
  ConfirmSubscriptionResponse out;
  out.subscription_arn = arn;
  co_return out;
}

Task<> SnsService::Unsubscribe(wire::Context& context, UnsubscribeInput input) {
  const SubscriptionName name = parse_subscription_arn(input.subscription_arn);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    std::optional<TopicRecord> topic = co_await load_topic(txn, name.topic);
    const std::optional<SubscriptionRecord> subscription = co_await load_subscription(txn, name);
    // To end what has ended is no error.
    if (!topic || !subscription) co_return;
    if (subscription->authenticate_on_unsubscribe && !is_signed(context))
      throw authorization_error("The subscription can only be ended by an authenticated request.");
    erase_subscription(txn, name.topic, *subscription);
    ++topic->deleted;
    save_topic(txn, name.topic, *topic);
    if (subscription->is_http() && !subscription->pending)
      co_await ask_for_confirmation(txn, name.topic, *subscription, context.base_url,
                                    "UnsubscribeConfirmation");
  });
}

Task<GetSubscriptionAttributesResponse> SnsService::GetSubscriptionAttributes(
    wire::Context&, GetSubscriptionAttributesInput input) {
  const SubscriptionName name = parse_subscription_arn(input.subscription_arn);
  GetSubscriptionAttributesResponse out;
  out.attributes = co_await with_.store.transact([&](store::Txn& txn) -> Task<Attributes> {
    const std::optional<SubscriptionRecord> subscription = co_await load_subscription(txn, name);
    const std::optional<TopicRecord> topic = co_await load_topic(txn, name.topic);
    if (!topic || !subscription || is_gone(*subscription)) throw subscription_not_found();
    co_return describe_subscription(name.topic, *subscription,
                                    parse_topic_policy(topic->attribute("DeliveryPolicy")));
  });
  co_return out;
}

Task<> SnsService::SetSubscriptionAttributes(wire::Context&, SetSubscriptionAttributesInput input) {
  const SubscriptionName name = parse_subscription_arn(input.subscription_arn);
  const std::string value = std::move(input.attribute_value).value_or("");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    std::optional<TopicRecord> topic = co_await load_topic(txn, name.topic);
    std::optional<SubscriptionRecord> subscription = co_await load_subscription(txn, name);
    if (!topic || !subscription || is_gone(*subscription)) throw subscription_not_found();
    set_subscription_attribute(*subscription, input.attribute_name, value);
    check_subscription(name.topic, *subscription);
    co_await check_filter_count(txn, name.topic, *subscription);
    save_subscription(txn, name.topic, *subscription);
    save_topic(txn, name.topic, *topic);
  });
}

Task<ListSubscriptionsByTopicResponse> SnsService::ListSubscriptionsByTopic(
    wire::Context& context, ListSubscriptionsByTopicInput input) {
  const TopicName name = called_topic(context, input.topic_arn);
  const std::string after = read_token(input.next_token);
  std::vector<SubscriptionRecord> found =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<SubscriptionRecord>> {
        co_await require_topic(txn, name);
        co_return co_await list_subscriptions(txn, name, after, kPageSize + 1);
      });
  ListSubscriptionsByTopicResponse out;
  if (found.size() > kPageSize) {
    found.resize(kPageSize);
    out.next_token = write_token(found.back().id);
  }
  auto& subscriptions = out.subscriptions.emplace();
  for (const SubscriptionRecord& record : found)
    if (!is_gone(record)) subscriptions.push_back(listed(name, record));
  co_return out;
}

Task<ListSubscriptionsResponse> SnsService::ListSubscriptions(wire::Context& context,
                                                              ListSubscriptionsInput input) {
  const TopicName where = place_of(context);
  const std::string last = read_token(input.next_token);
  const SubscriptionName after = last.empty() ? SubscriptionName{} : parse_subscription_arn(last);
  std::vector<OwnedSubscription> found =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<OwnedSubscription>> {
        co_return co_await list_owned_subscriptions(txn, context.account, where, after, kPageSize + 1);
      });
  ListSubscriptionsResponse out;
  if (found.size() > kPageSize) {
    found.resize(kPageSize);
    out.next_token = write_token(found.back().name.arn());
  }
  auto& subscriptions = out.subscriptions.emplace();
  for (const OwnedSubscription& owned : found)
    if (!is_gone(owned.record)) subscriptions.push_back(listed(owned.name.topic, owned.record));
  co_return out;
}

}  // namespace martlet::sns
