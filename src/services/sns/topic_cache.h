#pragma once

// TopicCache: topics with their subscriptions in the form in which messages are sent to them. What is in
// memory is used only while it is what the store holds: each transaction compares the topic's record, which
// changes with every change of the topic and its subscriptions. Owned by the service; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/arn.h"
#include "base/clock.h"
#include "base/task.h"
#include "flow/deduplication.h"
#include "patterns/matcher.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/message.h"
#include "services/sns/names.h"
#include "services/sns/records.h"
#include "services/sns/sns_store.h"
#include "store/store.h"

namespace martlet::sns {

/// A confirmed subscription.
struct Subscriber {
  SubscriptionRecord record;
  std::string arn;
  /// Of the endpoint, where it has one (sqs, lambda).
  Arn endpoint;
  /// Of the RedrivePolicy.
  std::optional<Arn> dead_letter;
  bool is_raw = false;
};

struct TopicState {
  TopicState(Clock& clock, TopicName of) : name(std::move(of)), seen(clock, deduplication_prefix(name)) {}

  TopicName name;
  TopicRecord record;
  DeliveryPolicy delivery;
  std::vector<Subscriber> subscribers;
  /// Those without a filter policy.
  std::vector<std::size_t> unfiltered;
  /// Their ids are positions in `subscribers`.
  patterns::Matcher by_attributes;
  patterns::Matcher by_body;
  /// When those that are not confirmed were made.
  std::vector<std::int64_t> pending_since_ms;
  std::size_t filter_policies = 0;

  /// Positions of the subscribers that want this message.
  [[nodiscard]] std::vector<std::size_t> wanting(const Message& message) const;

  // Numbers of a FIFO topic that are reserved in the store and not given yet.
  std::uint64_t next_number = 0;
  std::uint64_t numbers_end = 0;
  /// What a FIFO topic has taken of late.
  flow::Deduplication seen;
};

class TopicCache {
 public:
  explicit TopicCache(Clock& clock) : clock_(clock) {}

  /// The topic as `txn` sees it. Throws NotFound.
  Task<std::shared_ptr<TopicState>> get(store::Txn& txn, TopicName name);
  /// Forgets everything (when the store is cleared).
  void reset() { entries_.clear(); }

 private:
  struct Entry {
    std::string bytes;
    std::shared_ptr<TopicState> state;
  };
  Clock& clock_;
  std::map<std::string, Entry> entries_;
};

}  // namespace martlet::sns
