#pragma once

// How many messages were sent, received and deleted, of all queues together.

#include "base/metrics.h"

namespace martlet::sqs {

struct MessageCounts {
  explicit MessageCounts(metrics::Registry& metrics)
      : sent(metrics.counter("martlet_sqs_messages_sent_total", "Messages that queues took.")),
        received(
            metrics.counter("martlet_sqs_messages_received_total", "Messages given out, each time counted.")),
        deleted(metrics.counter("martlet_sqs_messages_deleted_total", "Messages deleted by receivers.")) {}

  metrics::Counter& sent;
  metrics::Counter& received;
  metrics::Counter& deleted;
};

}  // namespace martlet::sqs
