#pragma once

// FanOut: a message that was published becomes a delivery to each subscription that wants it. Endpoints in
// this server (sqs, lambda) take theirs in the transaction of Publish; what is for HTTP endpoints, mailboxes
// and telephones enters a durable queue in it. A subscription whose endpoint refuses has its message moved to
// its dead-letter queue, or dropped and counted; Publish does not fail by it. Owned by the service; lives on
// the loop.

#include <memory>
#include <string>

#include "base/task.h"
#include "services/sns/dependencies.h"
#include "services/sns/documents.h"
#include "services/sns/http_deliveries.h"
#include "services/sns/message.h"
#include "services/sns/outbox.h"
#include "services/sns/signing.h"
#include "services/sns/sns_metrics.h"
#include "services/sns/topic_cache.h"
#include "store/store.h"

namespace martlet::sns {

struct PublishRequest {
  TopicName topic;
  Message message;
  /// Where the URLs in documents lead.
  std::string base_url;
  std::string trace_header;
};

struct Published {
  std::string message_id;
  /// Of FIFO topics; empty otherwise.
  std::string sequence_number;
};

class FanOut {
 public:
  struct Parts {
    Dependencies with;
    TopicCache& topics;
    Signing& signing;
    Outbox& outbox;
    HttpDeliveries& http;
    SnsMetrics& metrics;
  };
  explicit FanOut(Parts parts) : parts_(std::move(parts)) {}

  /// Publishes as part of `txn`; `request` must outlive the call. A message that a FIFO topic has taken
  /// before is not taken again: the result is that of the first time. Throws NotFound when there is no such
  /// topic, InvalidParameter.
  Task<Published> publish(store::Txn& txn, const PublishRequest& request);

 private:
  struct Sending;
  Task<std::string> number(store::Txn& txn, std::shared_ptr<TopicState> topic);
  Task<> send_all(store::Txn& txn, Sending& sending);
  Task<> send(store::Txn& txn, Sending& sending, const Subscriber& subscriber);
  Task<> send_to_target(store::Txn& txn, Sending& sending, const Subscriber& subscriber);
  Task<> give_up(store::Txn& txn, Sending& sending, const Subscriber& subscriber, std::string problem);
  Task<targets::Delivery> queue_delivery(Sending& sending, const Subscriber& subscriber, Arn to);
  Task<targets::Delivery> function_delivery(Sending& sending, const Subscriber& subscriber);
  void send_to_outbox(store::Txn& txn, Sending& sending, const Subscriber& subscriber, std::string body);
  Task<Envelope> envelope_of(Sending& sending, const Subscriber& subscriber);

  Parts parts_;
};

}  // namespace martlet::sns
