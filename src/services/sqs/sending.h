#pragma once

// The one way in for messages: SendMessage, its batch, deliveries from elsewhere, dead-letter moves. First a
// message is checked and made ready, without the store; then it is added in a transaction. Lives on the loop.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "api/sqs/types.h"
#include "services/sqs/directory.h"
#include "services/sqs/records.h"
#include "store/store.h"

namespace martlet::sqs {

/// What is sent, as the operations have it.
struct MessageInput {
  std::string body;
  std::optional<std::int32_t> delay_seconds;
  std::map<std::string, MessageAttributeValue> attributes;
  std::map<std::string, MessageSystemAttributeValue> system_attributes;
  std::optional<std::string> deduplication_id;
  std::optional<std::string> group_id;
};

/// Takes the members that SendMessageRequest and SendMessageBatchRequestEntry share out of `request`.
template <class Request>
MessageInput take_input(Request& request) {
  MessageInput input;
  input.body = std::move(request.message_body);
  input.delay_seconds = request.delay_seconds;
  if (request.message_attributes) input.attributes = std::move(*request.message_attributes);
  if (request.message_system_attributes)
    input.system_attributes = std::move(*request.message_system_attributes);
  input.deduplication_id = std::move(request.message_deduplication_id);
  input.group_id = std::move(request.message_group_id);
  return input;
}

/// A message that can be added.
struct ReadyMessage {
  MessageRecord record;
  std::string group;
  std::int64_t delay_seconds = 0;
  /// Lower-case hexadecimal; empty without system attributes.
  std::string md5_of_system_attributes;
  /// Body and attributes, in bytes.
  std::size_t size = 0;
};

/// Checks `input` against what the queue takes. Throws MissingParameter, InvalidParameterValue,
/// InvalidMessageContents, UnsupportedOperation.
ReadyMessage make_ready(const OpenQueue& queue, MessageInput input, std::string sender_id, Ids& ids);

/// What a sender is told.
struct Sent {
  std::string message_id;
  /// Of FIFO queues: 20 digits; otherwise empty.
  std::string sequence_number;
};

/// Adds the message when `txn` commits; both must outlive the task. A duplicate in a FIFO queue is not added:
/// the answer is that of the first one. Throws QueueDoesNotExist when the queue is gone.
Task<Sent> send(store::Txn& txn, QueuePointer queue, const ReadyMessage& message, TimePoint now);

/// "00000000000000000017", but longer than that in its value: AWS's have 20 digits.
std::string sequence_number_text(std::uint64_t sequence);

/// Letters, digits and punctuation of ASCII, 1 to 128 of them.
bool is_id(std::string_view text);

}  // namespace martlet::sqs
