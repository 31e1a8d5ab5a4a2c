#include "services/sns/sns_store.h"

#include <charconv>
#include <utility>

#include "store/key.h"
#include "store/record.h"

namespace martlet::sns {

namespace {

using store::Key;

/// A kind of key that belongs to a topic.
Key topic_key(const char* kind, const TopicName& name) {
  return Key("sns", kind, name.account, name.region, name.name);
}

std::string subscription_key(const TopicName& topic, const std::string& id) {
  return topic_key("subscription", topic).add(id).str();
}

std::string endpoint_key(const TopicName& topic, const std::string& protocol, const std::string& endpoint) {
  return topic_key("endpoint", topic).add(protocol).add(endpoint).str();
}

std::string owned_key(const std::string& owner, const SubscriptionName& name) {
  return Key("sns", "owned", owner, name.topic.region, name.topic.account, name.topic.name, name.id);
}

std::string outbox_key(std::uint64_t number) { return Key("sns", "outbox", number); }
std::string token_key(const std::string& token) { return Key("sns", "token", token); }
std::string signing_key() { return Key("sns", "key"); }

std::string sms_key(const std::string& account, const std::string& region) {
  return Key("sns", "sms", account, region);
}

/// With the subscription that waited for it in vain.
Task<> expire_token(store::Txn& txn, std::string token) {
  const std::optional<TokenRecord> record = co_await load_token(txn, token);
  txn.erase(token_key(token));
  const std::optional<TopicName> topic = record ? topic_of_arn(record->topic_arn) : std::nullopt;
  if (!topic) co_return;
  const auto waiting = co_await load_subscription(txn, {*topic, record->subscription.id});
  if (waiting && waiting->pending) erase_subscription(txn, *topic, *waiting);
}

}  // namespace

Task<std::optional<std::string>> load_topic_bytes(store::Txn& txn, TopicName name) {
  co_return co_await txn.get(topic_key("topic", name));
}

Task<std::optional<TopicRecord>> load_topic(store::Txn& txn, TopicName name) {
  co_return co_await store::get_record<TopicRecord>(txn, topic_key("topic", name));
}

void save_topic(store::Txn& txn, const TopicName& name, TopicRecord& topic) {
  ++topic.revision;
  store::put_record(txn, topic_key("topic", name), topic);
}

Task<> erase_topic(store::Txn& txn, TopicName name) {
  for (const SubscriptionRecord& subscription : co_await list_subscriptions(txn, name, {}, 0))
    txn.erase(owned_key(subscription.owner, {name, subscription.id}));
  for (const char* kind : {"topic", "sequence"}) txn.erase(topic_key(kind, name));
  for (const char* kind : {"subscription", "endpoint", "deduplication", "http"})
    txn.erase_range(store::range_below(topic_key(kind, name)));
}

Task<std::vector<TopicName>> list_topics(store::Txn& txn, TopicName where, std::string after,
                                         std::size_t limit) {
  store::Range range = store::prefix_range("sns", "topic", where.account, where.region);
  if (!after.empty()) {
    TopicName last = where;
    last.name = std::move(after);
    range = store::after(std::move(range), topic_key("topic", last));
  }
  std::vector<TopicName> found;
  if (range.begin >= range.end) co_return found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), {.limit = limit})) {
    TopicName& name = found.emplace_back(where);
    name.name =
        std::get<4>(store::unpack<std::string, std::string, std::string, std::string, std::string>(key));
  }
  co_return found;
}

Task<std::optional<SubscriptionRecord>> load_subscription(store::Txn& txn, SubscriptionName name) {
  co_return co_await store::get_record<SubscriptionRecord>(txn, subscription_key(name.topic, name.id));
}

void save_subscription(store::Txn& txn, const TopicName& topic, const SubscriptionRecord& subscription) {
  store::put_record(txn, subscription_key(topic, subscription.id), subscription);
  txn.put(endpoint_key(topic, subscription.protocol, subscription.endpoint), subscription.id);
  txn.put(owned_key(subscription.owner, {topic, subscription.id}), "");
}

void erase_subscription(store::Txn& txn, const TopicName& topic, const SubscriptionRecord& subscription) {
  txn.erase(subscription_key(topic, subscription.id));
  txn.erase(endpoint_key(topic, subscription.protocol, subscription.endpoint));
  txn.erase(owned_key(subscription.owner, {topic, subscription.id}));
}

Task<std::optional<SubscriptionRecord>> find_subscription(store::Txn& txn, TopicName topic,
                                                          std::string protocol, std::string endpoint) {
  std::optional<std::string> id = co_await txn.get(endpoint_key(topic, protocol, endpoint));
  if (!id) co_return std::nullopt;
  SubscriptionName name{std::move(topic), std::move(*id)};
  co_return co_await load_subscription(txn, std::move(name));
}

Task<std::vector<SubscriptionRecord>> list_subscriptions(store::Txn& txn, TopicName topic, std::string after,
                                                         std::size_t limit) {
  store::Range range = store::range_below(topic_key("subscription", topic));
  if (!after.empty()) range = store::after(std::move(range), subscription_key(topic, after));
  std::vector<SubscriptionRecord> found;
  if (range.begin >= range.end) co_return found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), {.limit = limit}))
    found.push_back(store::decode<SubscriptionRecord>(value));
  co_return found;
}

Task<std::vector<OwnedSubscription>> list_owned_subscriptions(store::Txn& txn, std::string owner,
                                                              TopicName where, SubscriptionName after,
                                                              std::size_t limit) {
  store::Range range = store::prefix_range("sns", "owned", owner, where.region);
  if (!after.id.empty()) range = store::after(std::move(range), owned_key(owner, after));
  std::vector<OwnedSubscription> found;
  if (range.begin >= range.end) co_return found;
  const auto keys = co_await txn.scan(std::move(range), {.limit = limit});
  for (const auto& [key, value] : keys) {
    store::KeyReader reader(key);
    for (int part = 0; part < 4; ++part) reader.text();
    SubscriptionName name;
    name.topic = where;
    name.topic.account = reader.text();
    name.topic.name = reader.text();
    name.id = reader.text();
    std::optional<SubscriptionRecord> record = co_await load_subscription(txn, name);
    if (record) found.push_back({std::move(name), std::move(*record)});
  }
  co_return found;
}

Task<std::optional<TokenRecord>> load_token(store::Txn& txn, std::string token) {
  co_return co_await store::get_record<TokenRecord>(txn, token_key(token));
}

Task<> save_token(store::Txn& txn, std::string token, TokenRecord record, std::int64_t now_ms) {
  constexpr std::size_t kSweptAtOnce = 2;
  const store::Range expired{Key("sns", "expiry"), Key("sns", "expiry", now_ms)};
  for (const auto& [key, value] : co_await txn.scan(expired, {.limit = kSweptAtOnce})) {
    txn.erase(key);
    co_await expire_token(
        txn, std::get<3>(store::unpack<std::string, std::string, std::int64_t, std::string>(key)));
  }
  txn.put(Key("sns", "expiry", record.expires_ms, token), "");
  store::put_record(txn, token_key(token), record);
}

Task<std::uint64_t> take_sequence_numbers(store::Txn& txn, TopicName topic, std::uint64_t count) {
  std::string key = topic_key("sequence", topic);
  const std::optional<std::string> bytes = co_await txn.get(key);
  std::uint64_t next = 0;
  if (bytes) std::from_chars(bytes->data(), bytes->data() + bytes->size(), next);
  txn.put(std::move(key), std::to_string(next + count));
  co_return next;
}

std::string deduplication_prefix(const TopicName& topic) { return topic_key("deduplication", topic); }

std::string http_queue_prefix(const SubscriptionName& subscription) {
  return topic_key("http", subscription.topic).add(subscription.id).str();
}

Task<std::vector<SubscriptionName>> list_http_queues(store::Txn& txn) {
  std::vector<SubscriptionName> found;
  store::Range rest = store::prefix_range("sns", "http");
  while (true) {
    const auto next = co_await txn.scan(rest, {.limit = 1});
    if (next.empty()) co_return found;
    store::KeyReader reader(next.front().key);
    reader.text();
    reader.text();
    SubscriptionName name;
    name.topic.account = reader.text();
    name.topic.region = reader.text();
    name.topic.name = reader.text();
    name.id = reader.text();
    rest = store::after(std::move(rest), http_queue_prefix(name));
    found.push_back(std::move(name));
  }
}

void save_outbox(store::Txn& txn, std::uint64_t number, const OutboxRecord& record) {
  store::put_record(txn, outbox_key(number), record);
}

void erase_outbox(store::Txn& txn, std::uint64_t number) { txn.erase(outbox_key(number)); }

void erase_whole_outbox(store::Txn& txn) { txn.erase_range(store::prefix_range("sns", "outbox")); }

Task<std::vector<OutboxRecord>> list_outbox(store::Txn& txn) {
  std::vector<OutboxRecord> found;
  for (const auto& [key, value] : co_await txn.scan(store::prefix_range("sns", "outbox")))
    found.push_back(store::decode<OutboxRecord>(value));
  co_return found;
}

Task<std::uint64_t> next_outbox_number(store::Txn& txn) {
  const auto last = co_await txn.scan(store::prefix_range("sns", "outbox"),
                                      {.limit = 1, .order = store::Order::kDescending});
  if (last.empty()) co_return 1;
  co_return std::get<2>(store::unpack<std::string, std::string, std::uint64_t>(last.front().key)) + 1;
}

Task<std::optional<SigningKeyRecord>> load_signing_key(store::Txn& txn) {
  co_return co_await store::get_record<SigningKeyRecord>(txn, signing_key());
}

void save_signing_key(store::Txn& txn, const SigningKeyRecord& key) {
  store::put_record(txn, signing_key(), key);
}

Task<SmsRecord> load_sms(store::Txn& txn, std::string account, std::string region) {
  co_return (co_await store::get_record<SmsRecord>(txn, sms_key(account, region))).value_or(SmsRecord{});
}

void save_sms(store::Txn& txn, const std::string& account, const std::string& region, const SmsRecord& sms) {
  store::put_record(txn, sms_key(account, region), sms);
}

}  // namespace martlet::sns
