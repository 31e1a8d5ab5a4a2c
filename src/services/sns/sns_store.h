#pragma once

// The data of Amazon SNS in the store:
//   ("sns", "topic", account, region, topic)                          TopicRecord
//   ("sns", "subscription", account, region, topic, id)               SubscriptionRecord
//   ("sns", "endpoint", account, region, topic, protocol, endpoint)   id of the subscription
//   ("sns", "owned", owner, region, account, topic, id)               "": subscriptions by who made them
//   ("sns", "token", token)                                           TokenRecord
//   ("sns", "expiry", time, token)                                    "": tokens by when they expire
//   ("sns", "sequence", account, region, topic)                       numbers given to a FIFO topic's
//   messages
//   ("sns", "deduplication", account, region, topic, ...)             flow/deduplication.h
//   ("sns", "http", account, region, topic, id, ...)                  flow/queue.h of HttpDeliveryRecord
//   ("sns", "outbox", number)                                         OutboxRecord
//   ("sns", "key")                                                    SigningKeyRecord
//   ("sns", "sms", account, region)                                   SmsRecord
// Account, region and topic are those of the topic. Everything happens inside the caller's transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/sns/names.h"
#include "services/sns/records.h"
#include "store/store.h"

namespace martlet::sns {

/// As it is in the store, to be compared with what memory holds; nullopt when there is no such topic.
Task<std::optional<std::string>> load_topic_bytes(store::Txn& txn, TopicName name);
Task<std::optional<TopicRecord>> load_topic(store::Txn& txn, TopicName name);
/// Counts the change.
void save_topic(store::Txn& txn, const TopicName& name, TopicRecord& topic);
/// With its subscriptions and all that waits for delivery to them.
Task<> erase_topic(store::Txn& txn, TopicName name);

/// In the order of their names, after the name `after` (empty: from the first).
Task<std::vector<TopicName>> list_topics(store::Txn& txn, TopicName where, std::string after,
                                         std::size_t limit);

Task<std::optional<SubscriptionRecord>> load_subscription(store::Txn& txn, SubscriptionName name);
void save_subscription(store::Txn& txn, const TopicName& topic, const SubscriptionRecord& subscription);
void erase_subscription(store::Txn& txn, const TopicName& topic, const SubscriptionRecord& subscription);
/// The one of this protocol and endpoint.
Task<std::optional<SubscriptionRecord>> find_subscription(store::Txn& txn, TopicName topic,
                                                          std::string protocol, std::string endpoint);
/// Of one topic, after the id `after`; `limit` 0: all.
Task<std::vector<SubscriptionRecord>> list_subscriptions(store::Txn& txn, TopicName topic, std::string after,
                                                         std::size_t limit);

/// A subscription among those of an account.
struct OwnedSubscription {
  SubscriptionName name;
  SubscriptionRecord record;
};
/// Those that `owner` made in `region`, after the one named `after` (an empty id: from the first).
Task<std::vector<OwnedSubscription>> list_owned_subscriptions(store::Txn& txn, std::string owner,
                                                              TopicName where, SubscriptionName after,
                                                              std::size_t limit);

Task<std::optional<TokenRecord>> load_token(store::Txn& txn, std::string token);
/// Erases some that have expired by `now_ms`, with the subscriptions that waited for them, so that they do
/// not pile up.
Task<> save_token(store::Txn& txn, std::string token, TokenRecord record, std::int64_t now_ms);

/// The first of `count` numbers that nobody else gets.
Task<std::uint64_t> take_sequence_numbers(store::Txn& txn, TopicName topic, std::uint64_t count);
/// Where the deduplication of a FIFO topic keeps what it has seen.
std::string deduplication_prefix(const TopicName& topic);

/// The queue of what is to be delivered to one HTTP subscription.
std::string http_queue_prefix(const SubscriptionName& subscription);
/// Subscriptions for which HTTP deliveries wait.
Task<std::vector<SubscriptionName>> list_http_queues(store::Txn& txn);

void save_outbox(store::Txn& txn, std::uint64_t number, const OutboxRecord& record);
void erase_outbox(store::Txn& txn, std::uint64_t number);
void erase_whole_outbox(store::Txn& txn);
/// Oldest first.
Task<std::vector<OutboxRecord>> list_outbox(store::Txn& txn);
/// Greater than all numbers there.
Task<std::uint64_t> next_outbox_number(store::Txn& txn);

Task<std::optional<SigningKeyRecord>> load_signing_key(store::Txn& txn);
void save_signing_key(store::Txn& txn, const SigningKeyRecord& key);

Task<SmsRecord> load_sms(store::Txn& txn, std::string account, std::string region);
void save_sms(store::Txn& txn, const std::string& account, const std::string& region, const SmsRecord& sms);

}  // namespace martlet::sns
