// Sending, receiving and deleting messages one at a time; their batches are in batches.cc.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/message_attributes.h"
#include "services/sqs/receiving.h"
#include "services/sqs/sending.h"
#include "services/sqs/service.h"
#include "services/sqs/visibility.h"

namespace martlet::sqs {

namespace {

constexpr std::array<std::string_view, 9> kSystemAttributes{"SenderId",
                                                            "SentTimestamp",
                                                            "ApproximateReceiveCount",
                                                            "ApproximateFirstReceiveTimestamp",
                                                            "SequenceNumber",
                                                            "MessageDeduplicationId",
                                                            "MessageGroupId",
                                                            "AWSTraceHeader",
                                                            "DeadLetterQueueSourceArn"};

using Names = std::vector<std::string>;

/// The system attributes asked for, by the old member and the new one. Throws InvalidAttributeName.
Names system_attribute_names(const ReceiveMessageRequest& input) {
  Names names;
  for (const auto* given : {&input.attribute_names, &input.message_system_attribute_names})
    if (*given) names.insert(names.end(), (*given)->begin(), (*given)->end());
  for (const std::string& name : names) {
    const bool known = name == "All" || std::find(kSystemAttributes.begin(), kSystemAttributes.end(), name) !=
                                            kSystemAttributes.end();
    // The old member is typed as names of queue attributes, which give nothing here.
    if (!known && !is_readable(name)) throw unknown_attribute(name);
  }
  return names;
}

std::int64_t checked(std::string_view parameter, const std::optional<std::int32_t>& given, std::int64_t unset,
                     std::int64_t least, std::int64_t most) {
  if (!given) return unset;
  if (*given < least || *given > most) throw out_of_range(parameter, *given, least, most);
  return *given;
}

Message to_message(const OpenQueue& queue, const flow::ReceivedMessage& received, TimePoint now,
                   const Names& system_names, const Names& names) {
  Received described = describe(queue, received, now);
  Message out;
  const bool everything = std::find(system_names.begin(), system_names.end(), "All") != system_names.end();
  if (!everything)
    std::erase_if(described.system_attributes, [&](const auto& pair) {
      return std::find(system_names.begin(), system_names.end(), pair.first) == system_names.end();
    });
  if (!described.system_attributes.empty()) out.attributes = std::move(described.system_attributes);
  MessageRecord& record = described.record;
  if (!names.empty() && !record.attributes.empty()) {
    const Attributes selected = select(record.attributes, names);
    if (!selected.empty()) {
      out.md5_of_message_attributes = selected.size() == record.attributes.size()
                                          ? record.md5_of_attributes
                                          : md5_of_attributes(selected);
      out.message_attributes = to_wire(selected);
    }
  }
  out.message_id = std::move(record.id);
  out.receipt_handle = std::move(described.receipt_handle);
  out.md5_of_body = std::move(record.md5_of_body);
  out.body = std::move(record.body);
  return out;
}

/// What an attempt of the same id was given, kept from others anew; empty when it was not made, or something
/// has become of one of the messages since.
Task<Attempts::Attempt> receive_again(store::Store& store, QueuePointer queue, std::string id, TimePoint now,
                                      Duration visibility) {
  const Attempts::Attempt* known = queue->attempts.find(id, now);
  if (known == nullptr) co_return Attempts::Attempt{};
  Attempts::Attempt attempt = *known;
  const bool same = co_await store.transact([&](store::Txn& txn) -> Task<bool> {
    for (const flow::ReceivedMessage& message : attempt.messages) {
      const auto settled = co_await queue->messages.change_visibility(txn, message.receipt, now + visibility);
      if (settled != flow::Settled::kDone) co_return false;
    }
    co_return true;
  });
  if (same) co_return attempt;
  queue->attempts.forget(id);
  co_return Attempts::Attempt{};
}

}  // namespace

Task<SendMessageResult> SqsService::SendMessage(wire::Context& context, SendMessageRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  const ReadyMessage ready = make_ready(*queue, take_input(input), sender_of(context), with_.ids);
  Sent sent = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<Sent> { co_return co_await send(txn, queue, ready, with_.clock.now()); });
  counts_.sent.add();
  SendMessageResult out;
  out.message_id = std::move(sent.message_id);
  out.md5_of_message_body = ready.record.md5_of_body;
  if (!ready.record.md5_of_attributes.empty()) out.md5_of_message_attributes = ready.record.md5_of_attributes;
  if (!ready.md5_of_system_attributes.empty())
    out.md5_of_message_system_attributes = ready.md5_of_system_attributes;
  if (!sent.sequence_number.empty()) out.sequence_number = std::move(sent.sequence_number);
  co_return out;
}

Task<ReceiveMessageResult> SqsService::ReceiveMessage(wire::Context& context, ReceiveMessageRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  const Names system_names = system_attribute_names(input);
  const auto most = checked("MaxNumberOfMessages", input.max_number_of_messages, 1, 1, kMaxReceived);
  const auto visibility =
      std::chrono::seconds(checked("VisibilityTimeout", input.visibility_timeout,
                                   queue->settings.visibility_seconds, 0, kMaxVisibilitySeconds));
  const auto wait = std::chrono::seconds(
      checked("WaitTimeSeconds", input.wait_time_seconds, queue->settings.wait_seconds, 0, kMaxWaitSeconds));
  const std::string attempt = queue->fifo() ? input.receive_request_attempt_id.value_or("") : std::string();
  if (input.receive_request_attempt_id && !is_id(*input.receive_request_attempt_id))
    throw invalid_parameter(
        "ReceiveRequestAttemptId", *input.receive_request_attempt_id,
        "It can only include alphanumeric and punctuation characters. 1 to 128 in length.");

  // With the time of its making, of which receipt handles tell: those of an attempt made again are the same.
  Attempts::Attempt received;
  if (!attempt.empty())
    received = co_await receive_again(with_.store, queue, attempt, with_.clock.now(), visibility);
  if (received.messages.empty()) {
    received.messages = co_await receive(directory_, queue,
                                         {.most = static_cast<std::size_t>(most),
                                          .visibility = visibility,
                                          .wait_until = with_.clock.now() + wait,
                                          .abandoned = context.caller_has_gone});
    received.made = with_.clock.now();
    if (!attempt.empty() && !received.messages.empty())
      queue->attempts.remember(attempt, received.made, received.messages);
  }
  queue->demand();
  counts_.received.add(received.messages.size());
  ReceiveMessageResult out;
  if (received.messages.empty()) co_return out;
  out.messages.emplace();
  const Names names = std::move(input.message_attribute_names).value_or(Names());
  for (const flow::ReceivedMessage& message : received.messages)
    out.messages->push_back(to_message(*queue, message, received.made, system_names, names));
  co_return out;
}

Task<> SqsService::DeleteMessage(wire::Context& context, DeleteMessageRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  const ReceiptHandle handle = handle_of(*queue, input.receipt_handle);
  const auto settled = co_await with_.store.transact([&](store::Txn& txn) -> Task<flow::Settled> {
    queue->demand();
    co_return co_await queue->messages.erase(txn, handle.receipt);
  });
  check_deleted(*queue, settled, input.receipt_handle);
  counts_.deleted.add();
}

Task<> SqsService::ChangeMessageVisibility(wire::Context& context, ChangeMessageVisibilityRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  const ReceiptHandle handle = handle_of(*queue, input.receipt_handle);
  const TimePoint now = with_.clock.now();
  const TimePoint due = visible_at(handle, input.visibility_timeout, now);
  const auto settled = co_await with_.store.transact([&](store::Txn& txn) -> Task<flow::Settled> {
    queue->demand();
    co_return co_await queue->messages.change_visibility(txn, handle.receipt, due);
  });
  check_changed(settled, input.receipt_handle);
}

}  // namespace martlet::sqs
