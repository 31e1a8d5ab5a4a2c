#include "services/sqs/sending.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/message_attributes.h"
#include "store/record.h"

namespace martlet::sqs {

namespace {

constexpr std::string_view kWrongKind =
    "The request include parameter that is not valid for this queue type.";

void check_id(std::string_view parameter, const std::string& id) {
  if (!is_id(id))
    throw invalid_parameter(
        parameter, id,
        fmt::format("{} can only include alphanumeric and punctuation characters. 1 to {} in "
                    "length.",
                    parameter, kMaxIdLength));
}

void check_group(const OpenQueue& queue, const MessageInput& input) {
  if (input.group_id) check_id("MessageGroupId", *input.group_id);
  if (queue.fifo() && !input.group_id) throw missing_parameter("MessageGroupId");
}

/// The deduplication id of a message; empty in standard queues.
std::string deduplication_id(const OpenQueue& queue, const MessageInput& input) {
  if (!queue.fifo()) {
    if (input.deduplication_id)
      throw invalid_parameter("MessageDeduplicationId", *input.deduplication_id, kWrongKind);
    return {};
  }
  if (input.deduplication_id) {
    check_id("MessageDeduplicationId", *input.deduplication_id);
    return *input.deduplication_id;
  }
  if (!queue.settings.content_based_deduplication)
    throw invalid_parameter(
        "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly");
  return to_hex(as_view(sha256(input.body)));
}

std::int64_t delay_of(const OpenQueue& queue, const MessageInput& input) {
  if (!input.delay_seconds) return queue.settings.delay_seconds;
  const std::int64_t delay = *input.delay_seconds;
  if (delay < 0 || delay > kMaxDelaySeconds)
    throw invalid_parameter("DelaySeconds", std::to_string(delay),
                            fmt::format("DelaySeconds must be >= 0 and <= {}.", kMaxDelaySeconds));
  if (!queue.fifo()) return delay;
  if (delay != 0) throw invalid_parameter("DelaySeconds", std::to_string(delay), kWrongKind);
  return queue.settings.delay_seconds;
}

/// Where the first message of a deduplication id is looked up.
std::string deduplication_key(const OpenQueue& queue, const ReadyMessage& message) {
  const std::string& id = message.record.deduplication_id;
  return queue.settings.deduplicates_by_group ? message.group + '\n' + id : id;
}

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::string sequence_number_text(std::uint64_t sequence) { return fmt::format("1{:019}", sequence); }

ReadyMessage make_ready(const OpenQueue& queue, MessageInput input, std::string sender_id, Ids& ids) {
  if (input.body.empty()) throw missing_parameter("MessageBody");
  check_group(queue, input);
  ReadyMessage ready;
  ready.record.deduplication_id = deduplication_id(queue, input);
  ready.delay_seconds = delay_of(queue, input);
  if (!input.attributes.empty()) {
    ready.record.attributes = checked_attributes(std::move(input.attributes));
    ready.record.md5_of_attributes = md5_of_attributes(ready.record.attributes);
  }
  if (!input.system_attributes.empty()) {
    ready.record.trace_header = checked_trace_header(input.system_attributes);
    ready.md5_of_system_attributes =
        md5_of_attributes({{"AWSTraceHeader", {.type = "String", .value = ready.record.trace_header}}});
  }
  ready.size = input.body.size() + size_of(ready.record.attributes);
  if (ready.size > static_cast<std::size_t>(queue.settings.maximum_message_size))
    throw message_too_long(static_cast<std::size_t>(queue.settings.maximum_message_size));
  if (!is_message_text(input.body)) throw invalid_message_contents();
  ready.record.md5_of_body = to_hex(as_view(md5(input.body)));
  ready.record.body = std::move(input.body);
  ready.record.id = ids.uuid();
  ready.record.sender_id = std::move(sender_id);
  if (input.group_id) ready.group = std::move(*input.group_id);
  return ready;
}

Task<Sent> send(store::Txn& txn, QueuePointer queue, const ReadyMessage& message, TimePoint now) {
  queue->demand();
  const std::string key = queue->fifo() ? deduplication_key(*queue, message) : std::string();
  if (queue->fifo()) {
    if (const auto first = co_await queue->sent.find(txn, key)) {
      const auto record = store::decode<SentRecord>(*first);
      co_return Sent{.message_id = record.message_id,
                     .sequence_number = sequence_number_text(record.sequence)};
    }
  }
  const std::uint64_t sequence =
      queue->messages.send(txn, {.payload = store::encode(message.record),
                                 .group = message.group,
                                 .sent = now,
                                 .due = now + std::chrono::seconds(message.delay_seconds)});
  Sent sent{.message_id = message.record.id, .sequence_number = {}};
  if (queue->fifo()) {
    sent.sequence_number = sequence_number_text(sequence);
    co_await queue->sent.remember(
        txn, key, store::encode(SentRecord{.message_id = sent.message_id, .sequence = sequence}),
        now + kDeduplicationWindow);
  }
  co_return sent;
}

}  // namespace martlet::sqs
