#pragma once

// Queues as sources of events, in the form in which functions get their messages. Redrive policies apply as
// they do to ReceiveMessage. Owned by the service; lives on the loop.

#include <memory>
#include <string>

#include "services/sqs/directory.h"
#include "services/sqs/message_counts.h"
#include "services/sqs/receiving.h"
#include "sources/sources.h"

namespace martlet::sqs {

class QueueSource final : public sources::Source {
 public:
  /// Both outlive this and its readers.
  QueueSource(Directory& directory, MessageCounts& counts) : directory_(directory), counts_(counts) {}

  /// Throws QueueDoesNotExist.
  Task<sources::Description> describe(store::Txn& txn, Arn arn) override;
  std::unique_ptr<sources::Reader> open(const Arn& arn, std::string role_arn) override;

 private:
  Directory& directory_;
  MessageCounts& counts_;
};

/// The element of "Records" that a message becomes.
std::string event_record(const OpenQueue& queue, const Received& message);

}  // namespace martlet::sqs
