#include "services/sqs/receiving.h"

#include <exception>
#include <utility>

#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/sending.h"
#include "store/record.h"

namespace martlet::sqs {

namespace {

Task<> move_to_dead_letters(store::Txn& txn, Directory& directory, QueuePointer to,
                            flow::ReceivedMessage message, std::string source) {
  co_await move_message(txn, std::move(to), std::move(message), std::move(source),
                        directory.on().clock.now());
}

}  // namespace

Task<> move_message(store::Txn& txn, QueuePointer to, flow::ReceivedMessage message,
                    std::string dead_letter_source, TimePoint now) {
  to->demand();
  auto record = store::decode<MessageRecord>(message.payload);
  record.dead_letter_source = std::move(dead_letter_source);
  to->messages.send(txn, {.payload = store::encode(record),
                          .group = std::move(message.group),
                          .sent = to->fifo() ? now : from_epoch_ms(message.sent_ms),
                          .due = now});
  // Keeps it for as long as the transaction lasts.
  txn.after_commit([to] {});
  co_return;
}

Task<std::vector<flow::ReceivedMessage>> receive(Directory& directory, QueuePointer queue, Receiving how) {
  while (true) {
    // Without its dead-letter queue a message stays where it is.
    const auto policy = queue->settings.redrive;
    const std::uint64_t changes = queue->redrive_changes;
    QueuePointer target;
    if (policy) target = co_await directory.find(policy->target);
    const auto is_outdated = [queue, target, changes] {
      return queue->redrive_changes != changes || (target && target->gone);
    };
    flow::ReceiveOptions options{
        .most = how.most,
        .visibility = how.visibility,
        .wait_until = how.wait_until,
        .most_receives = target ? policy->most_receives : 0,
        .exceeded = {},
        .abandoned = [asked = how.abandoned, is_outdated] { return is_outdated() || (asked && asked()); }};
    if (target)
      options.exceeded = [&directory, target, source = queue->arn](store::Txn& txn,
                                                                   flow::ReceivedMessage message) {
        return move_to_dead_letters(txn, directory, target, std::move(message), source);
      };
    std::vector<flow::ReceivedMessage> received;
    bool over_the_limit = false;
    try {
      received = co_await queue->messages.receive(std::move(options));
    } catch (const flow::TooManyInFlight&) {
      over_the_limit = true;
    } catch (const aws::Error&) {
      // The dead-letter queue was deleted meanwhile.
      if (!is_outdated()) throw;
    }
    if (over_the_limit) throw over_limit("The maximum number of in flight messages is reached.");
    const bool asked_to_end = how.abandoned && how.abandoned();
    if (!received.empty() || !is_outdated() || asked_to_end || queue->gone || directory.closed())
      co_return received;
  }
}

Received describe(const OpenQueue& queue, const flow::ReceivedMessage& message, TimePoint received) {
  Received out;
  out.record = store::decode<MessageRecord>(message.payload);
  out.receipt_handle = write_receipt_handle(
      {.receipt = message.receipt, .received_ms = to_epoch_ms(received)}, queue.record.secret);
  auto& attributes = out.system_attributes;
  attributes["ApproximateFirstReceiveTimestamp"] = std::to_string(message.first_received_ms);
  attributes["ApproximateReceiveCount"] = std::to_string(message.receives);
  attributes["SenderId"] = out.record.sender_id;
  attributes["SentTimestamp"] = std::to_string(message.sent_ms);
  if (!message.group.empty()) attributes["MessageGroupId"] = message.group;
  if (queue.fifo()) {
    attributes["MessageDeduplicationId"] = out.record.deduplication_id;
    attributes["SequenceNumber"] = sequence_number_text(message.sequence);
  }
  if (!out.record.trace_header.empty()) attributes["AWSTraceHeader"] = out.record.trace_header;
  if (!out.record.dead_letter_source.empty())
    attributes["DeadLetterQueueSourceArn"] = out.record.dead_letter_source;
  return out;
}

ReceiptHandle handle_of(const OpenQueue& queue, const std::string& text) {
  const auto handle = read_receipt_handle(text, queue.record.secret);
  if (!handle) throw receipt_handle_is_invalid(text);
  return *handle;
}

}  // namespace martlet::sqs
