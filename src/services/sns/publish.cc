// Publish and PublishBatch.

#include <algorithm>
#include <set>
#include <utility>

#include "services/sns/calls.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"
#include "services/sns/service.h"
#include "services/sns/sns_store.h"

namespace martlet::sns {

namespace {

/// The topic or endpoint that a message is for.
const std::string& destination_of(const PublishInput& input) {
  if (input.topic_arn) return *input.topic_arn;
  if (!input.target_arn)
    throw invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter");
  return *input.target_arn;
}

bool is_batch_id(const std::string& id) {
  return !id.empty() && id.size() <= kMaxBatchIdLength && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void check_batch(const std::vector<PublishBatchRequestEntry>& entries) {
  if (entries.empty()) throw empty_batch();
  if (entries.size() > kMaxBatchEntries) throw too_many_batch_entries();
  std::set<std::string> ids;
  std::size_t bytes = 0;
  for (const PublishBatchRequestEntry& entry : entries) {
    if (!is_batch_id(entry.id)) throw invalid_batch_id();
    if (!ids.insert(entry.id).second) throw batch_ids_not_distinct();
    bytes += entry.message.size() + (entry.subject ? entry.subject->size() : 0);
    if (entry.message_attributes)
      for (const auto& [name, value] : *entry.message_attributes)
        bytes += name.size() + value.data_type.size() + value.string_value.value_or("").size() +
                 value.binary_value.value_or("").size();
  }
  if (bytes > kMaxMessageBytes) throw batch_too_long();
}

MessageInput input_of(PublishInput& input) {
  return {.message = std::move(input.message),
          .subject = std::move(input.subject),
          .structure = std::move(input.message_structure),
          .attributes = std::move(input.message_attributes),
          .group_id = std::move(input.message_group_id),
          .deduplication_id = std::move(input.message_deduplication_id)};
}

MessageInput input_of(PublishBatchRequestEntry& entry) {
  return {.message = std::move(entry.message),
          .subject = std::move(entry.subject),
          .structure = std::move(entry.message_structure),
          .attributes = std::move(entry.message_attributes),
          .group_id = std::move(entry.message_group_id),
          .deduplication_id = std::move(entry.message_deduplication_id)};
}

BatchResultErrorEntry failed_entry(std::string id, const aws::Error& error) {
  BatchResultErrorEntry out;
  out.id = std::move(id);
  out.code = error.code();
  out.message = error.message();
  out.sender_fault = error.fault() == aws::Fault::kSender;
  return out;
}

/// An entry of a batch that is in order.
struct GoodEntry {
  std::string id;
  PublishRequest request;
};

/// Publishes an entry; the error that it meets is its own.
Task<> publish_entry(FanOut& fan_out, store::Txn& txn, const GoodEntry& entry, PublishBatchResponse& out) {
  try {
    Published published = co_await fan_out.publish(txn, entry.request);
    PublishBatchResultEntry& result = out.successful->emplace_back();
    result.id = entry.id;
    result.message_id = std::move(published.message_id);
    if (!published.sequence_number.empty()) result.sequence_number = std::move(published.sequence_number);
  } catch (const aws::Error& error) {
    if (error.code() == "NotFound") throw;
    out.failed->push_back(failed_entry(entry.id, error));
  }
}

}  // namespace

Task<Published> SnsService::publish(PublishRequest request) {
  co_return co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<Published> { co_return co_await fan_out_.publish(txn, request); });
}

Task<Published> SnsService::send_text_message(const wire::Context& context, Message message,
                                              std::string number) {
  if (!is_phone_number(number))
    throw invalid_parameter("PhoneNumber Reason: " + number + " is not valid to publish to");
  const OutboxRecord record{.protocol = "sms",
                            .to = number,
                            .subject = message.subject,
                            .body = message.text_for("sms"),
                            .message_id = with_.ids.uuid(),
                            .topic_arn = {},
                            .sent_ms = to_epoch_ms(with_.clock.now()),
                            .attributes = std::move(message.attributes)};
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    const SmsRecord sms = co_await load_sms(txn, context.account, context.region);
    if (std::ranges::find(sms.opted_out, number) != sms.opted_out.end()) throw phone_number_opted_out();
    outbox_.add(txn, record);
  });
  co_return Published{record.message_id, {}};
}

Task<PublishResponse> SnsService::Publish(wire::Context& context, PublishInput input) {
  const auto destinations =
      (input.topic_arn ? 1 : 0) + (input.target_arn ? 1 : 0) + (input.phone_number ? 1 : 0);
  if (destinations > 1)
    throw invalid_parameter("Only one of TopicArn, TargetArn and PhoneNumber can be given");
  Published published;
  if (input.phone_number) {
    std::string number = std::move(*input.phone_number);
    Message message = check_message(input_of(input), nullptr);
    published = co_await send_text_message(context, std::move(message), std::move(number));
  } else {
    const std::string& arn = destination_of(input);
    if (arn.find(":endpoint/") != std::string::npos) throw not_built("endpoints of platform applications");
    PublishRequest request{.topic = called_topic(context, arn),
                           .message = {},
                           .base_url = context.base_url,
                           .trace_header = context.trace_header};
    request.message = check_message(input_of(input), &request.topic);
    published = co_await publish(std::move(request));
  }
  PublishResponse out;
  out.message_id = std::move(published.message_id);
  if (!published.sequence_number.empty()) out.sequence_number = std::move(published.sequence_number);
  co_return out;
}

Task<PublishBatchResponse> SnsService::PublishBatch(wire::Context& context, PublishBatchInput input) {
  const TopicName topic = called_topic(context, input.topic_arn);
  check_batch(input.publish_batch_request_entries);
  std::vector<BatchResultErrorEntry> failed;
  std::vector<GoodEntry> good;
  for (PublishBatchRequestEntry& entry : input.publish_batch_request_entries) {
    try {
      Message message = check_message(input_of(entry), &topic);
      good.push_back({entry.id, {topic, std::move(message), context.base_url, context.trace_header}});
    } catch (const aws::Error& error) {
      failed.push_back(failed_entry(entry.id, error));
    }
  }
  co_return co_await with_.store.transact([&](store::Txn& txn) -> Task<PublishBatchResponse> {
    PublishBatchResponse out;
    out.successful.emplace();
    out.failed = failed;
    if (!co_await load_topic_bytes(txn, topic)) throw topic_not_found();
    for (const GoodEntry& entry : good) co_await publish_entry(fan_out_, txn, entry, out);
    co_return out;
  });
}

}  // namespace martlet::sns
