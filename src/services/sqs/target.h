#pragma once

// What is delivered to the ARN of a queue becomes a message of it. Owned by the service; lives on the loop.

#include "services/sqs/directory.h"
#include "services/sqs/message_counts.h"
#include "targets/targets.h"

namespace martlet::sqs {

class QueueTarget final : public targets::Target {
 public:
  /// Both outlive this.
  QueueTarget(Directory& directory, MessageCounts& counts) : directory_(directory), counts_(counts) {}

  /// Throws QueueDoesNotExist, and what make_ready() (sending.h) throws.
  Task<> deliver(store::Txn& txn, const targets::Delivery& delivery) override;

 private:
  Directory& directory_;
  MessageCounts& counts_;
};

}  // namespace martlet::sqs
