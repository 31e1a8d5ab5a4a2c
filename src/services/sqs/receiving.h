#pragma once

// The one way out for messages: ReceiveMessage and readers of a queue. What was received too often goes to
// the dead-letter queue, in the transaction that receives. Lives on the loop.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/visibility_queue.h"
#include "services/sqs/directory.h"
#include "services/sqs/receipt_handle.h"
#include "services/sqs/records.h"

namespace martlet::sqs {

struct Receiving {
  std::size_t most = 1;
  Duration visibility{};
  /// Waits until then for the first message; nullopt: until there is one.
  std::optional<TimePoint> wait_until;
  /// Asked before each wait; true ends it.
  std::function<bool()> abandoned;
};

/// Messages that nobody else gets for `visibility`; empty when the wait ended without any, or the queue is
/// gone. Throws OverLimit when too many are in flight; FIFO queues give nothing then.
Task<std::vector<flow::ReceivedMessage>> receive(Directory& directory, QueuePointer queue, Receiving how);

/// A message with what it says of itself.
struct Received {
  MessageRecord record;
  std::string receipt_handle;
  /// All system attributes, by AWS's names.
  std::map<std::string, std::string> system_attributes;
};
Received describe(const OpenQueue& queue, const flow::ReceivedMessage& message, TimePoint received);

/// Adds a message of `from` to its dead-letter queue `to`, or to where it is redriven, when `txn` commits.
/// `dead_letter_source` empty: it comes out of a dead-letter queue. Standard queues keep the time it was
/// sent, by which it expires.
Task<> move_message(store::Txn& txn, QueuePointer to, flow::ReceivedMessage message,
                    std::string dead_letter_source, TimePoint now);

/// Throws ReceiptHandleIsInvalid for handles of other queues and for what is none.
ReceiptHandle handle_of(const OpenQueue& queue, const std::string& text);

}  // namespace martlet::sqs
