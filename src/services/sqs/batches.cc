// Sending, deleting and changing up to ten messages in one transaction. An entry that fails does not keep the
// others from it.

#include <algorithm>
#include <set>
#include <utility>

#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/receiving.h"
#include "services/sqs/sending.h"
#include "services/sqs/service.h"
#include "services/sqs/visibility.h"

namespace martlet::sqs {

namespace {

bool is_batch_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxBatchId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

template <class Entry>
void check_batch(const std::vector<Entry>& entries, std::string_view entry_name) {
  if (entries.empty()) throw empty_batch(entry_name);
  if (entries.size() > kMaxBatchEntries) throw too_many_entries(entries.size());
  std::set<std::string_view> ids;
  for (const Entry& entry : entries) {
    if (!is_batch_id(entry.id)) throw invalid_batch_id();
    if (!ids.insert(entry.id).second) throw batch_ids_not_distinct(entry.id);
  }
}

BatchResultErrorEntry failure_of(const std::string& id, const aws::Error& error) {
  BatchResultErrorEntry out;
  out.id = id;
  out.code = error.code();
  out.message = error.message();
  out.sender_fault = error.fault() == aws::Fault::kSender;
  return out;
}

void check_total(const std::vector<SendMessageBatchRequestEntry>& entries) {
  std::size_t bytes = 0;
  for (const SendMessageBatchRequestEntry& entry : entries) {
    bytes += entry.message_body.size();
    if (!entry.message_attributes) continue;
    for (const auto& [name, value] : *entry.message_attributes)
      bytes += name.size() + value.data_type.size() + value.string_value.value_or("").size() +
               value.binary_value.value_or("").size();
  }
  if (bytes > kMaxMessageBytes) throw batch_too_long(bytes);
}

struct ReadyEntry {
  std::string id;
  ReadyMessage message;
};

SendMessageBatchResultEntry success_of(ReadyEntry entry, Sent sent) {
  SendMessageBatchResultEntry out;
  out.id = std::move(entry.id);
  out.message_id = std::move(sent.message_id);
  out.md5_of_message_body = std::move(entry.message.record.md5_of_body);
  if (!entry.message.record.md5_of_attributes.empty())
    out.md5_of_message_attributes = std::move(entry.message.record.md5_of_attributes);
  if (!entry.message.md5_of_system_attributes.empty())
    out.md5_of_message_system_attributes = std::move(entry.message.md5_of_system_attributes);
  if (!sent.sequence_number.empty()) out.sequence_number = std::move(sent.sequence_number);
  return out;
}

/// An entry whose receipt handle is good.
struct HandledEntry {
  std::string id;
  std::string handle_text;
  ReceiptHandle handle;
  TimePoint due;
};

using Settlements = std::vector<flow::Settled>;

/// Puts each entry with the others of its kind: `check` throws for those that did not count.
template <class Result, class Success, class Check>
void settle(Result& out, const std::vector<HandledEntry>& entries, const Settlements& settled, Check check) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    try {
      check(settled[i], entries[i].handle_text);
      out.successful.push_back(Success{.id = entries[i].id});
    } catch (const aws::Error& error) {
      out.failed.push_back(failure_of(entries[i].id, error));
    }
  }
}

}  // namespace

Task<SendMessageBatchResult> SqsService::SendMessageBatch(wire::Context& context,
                                                          SendMessageBatchRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  check_batch(input.entries, "SendMessageBatchRequestEntry");
  check_total(input.entries);
  SendMessageBatchResult out;
  std::vector<ReadyEntry> ready;
  const std::string sender = sender_of(context);
  for (SendMessageBatchRequestEntry& entry : input.entries) {
    try {
      ready.push_back({.id = entry.id, .message = make_ready(*queue, take_input(entry), sender, with_.ids)});
    } catch (const aws::Error& error) {
      out.failed.push_back(failure_of(entry.id, error));
    }
  }
  if (ready.empty()) co_return out;
  std::vector<Sent> sent = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<Sent>> {
    std::vector<Sent> results;
    const TimePoint now = with_.clock.now();
    for (const ReadyEntry& entry : ready) results.push_back(co_await send(txn, queue, entry.message, now));
    co_return results;
  });
  counts_.sent.add(sent.size());
  for (std::size_t i = 0; i < ready.size(); ++i)
    out.successful.push_back(success_of(std::move(ready[i]), std::move(sent[i])));
  co_return out;
}

Task<DeleteMessageBatchResult> SqsService::DeleteMessageBatch(wire::Context& context,
                                                              DeleteMessageBatchRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  check_batch(input.entries, "DeleteMessageBatchRequestEntry");
  DeleteMessageBatchResult out;
  std::vector<HandledEntry> entries;
  for (DeleteMessageBatchRequestEntry& entry : input.entries) {
    try {
      const ReceiptHandle handle = handle_of(*queue, entry.receipt_handle);
      entries.push_back({.id = entry.id, .handle_text = entry.receipt_handle, .handle = handle, .due = {}});
    } catch (const aws::Error& error) {
      out.failed.push_back(failure_of(entry.id, error));
    }
  }
  const Settlements settled = co_await with_.store.transact([&](store::Txn& txn) -> Task<Settlements> {
    queue->demand();
    Settlements results;
    for (const HandledEntry& entry : entries)
      results.push_back(co_await queue->messages.erase(txn, entry.handle.receipt));
    co_return results;
  });
  settle<DeleteMessageBatchResult, DeleteMessageBatchResultEntry>(
      out, entries, settled,
      [&](flow::Settled how, const std::string& handle) { check_deleted(*queue, how, handle); });
  counts_.deleted.add(out.successful.size());
  co_return out;
}

Task<ChangeMessageVisibilityBatchResult> SqsService::ChangeMessageVisibilityBatch(
    wire::Context& context, ChangeMessageVisibilityBatchRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  check_batch(input.entries, "ChangeMessageVisibilityBatchRequestEntry");
  ChangeMessageVisibilityBatchResult out;
  std::vector<HandledEntry> entries;
  const TimePoint now = with_.clock.now();
  for (ChangeMessageVisibilityBatchRequestEntry& entry : input.entries) {
    try {
      const ReceiptHandle handle = handle_of(*queue, entry.receipt_handle);
      const std::int64_t seconds = entry.visibility_timeout.value_or(0);
      entries.push_back({.id = entry.id,
                         .handle_text = entry.receipt_handle,
                         .handle = handle,
                         .due = visible_at(handle, seconds, now)});
    } catch (const aws::Error& error) {
      out.failed.push_back(failure_of(entry.id, error));
    }
  }
  const Settlements settled = co_await with_.store.transact([&](store::Txn& txn) -> Task<Settlements> {
    queue->demand();
    Settlements results;
    for (const HandledEntry& entry : entries)
      results.push_back(co_await queue->messages.change_visibility(txn, entry.handle.receipt, entry.due));
    co_return results;
  });
  settle<ChangeMessageVisibilityBatchResult, ChangeMessageVisibilityBatchResultEntry>(out, entries, settled,
                                                                                      check_changed);
  co_return out;
}

}  // namespace martlet::sqs
