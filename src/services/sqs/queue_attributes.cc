// Reading and setting the attributes of queues.

#include <set>
#include <utility>

#include "services/sqs/errors.h"
#include "services/sqs/queues_store.h"
#include "services/sqs/service.h"

namespace martlet::sqs {

namespace {

std::string seconds_text(std::int64_t ms) { return std::to_string(ms / 1000); }

/// What was asked for; throws InvalidAttributeName.
std::set<std::string> wanted(const std::vector<std::string>& names) {
  std::set<std::string> all;
  for (const std::string& name : names) {
    if (name != "All" && !is_readable(name)) throw unknown_attribute(name);
    all.insert(name);
  }
  return all;
}

void add_counts(AttributeMap& out, const flow::QueueCounts& counts) {
  out["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
  out["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
  out["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
}

void add_facts(AttributeMap& out, const OpenQueue& queue) {
  out["QueueArn"] = queue.arn;
  out["CreatedTimestamp"] = seconds_text(queue.record.created_ms);
  out["LastModifiedTimestamp"] = seconds_text(queue.record.modified_ms);
  for (const std::string_view name : settable_attributes())
    if (const auto value = value_of(queue.record, name)) out.emplace(name, *value);
}

bool asks_for_counts(const std::set<std::string>& names) {
  for (const std::string& name : names)
    if (name == "All" || name.starts_with("ApproximateNumberOfMessages")) return true;
  return false;
}

}  // namespace

Task<GetQueueAttributesResult> SqsService::GetQueueAttributes(wire::Context& context,
                                                              GetQueueAttributesRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  const std::set<std::string> names = wanted(input.attribute_names.value_or(std::vector<std::string>()));
  GetQueueAttributesResult out;
  if (names.empty()) co_return out;
  AttributeMap all;
  if (asks_for_counts(names)) add_counts(all, co_await queue->messages.counts());
  add_facts(all, *queue);
  if (!names.contains("All"))
    std::erase_if(all, [&](const auto& pair) { return !names.contains(pair.first); });
  out.attributes = std::move(all);
  co_return out;
}

Task<> SqsService::SetQueueAttributes(wire::Context& context, SetQueueAttributesRequest input) {
  const QueueName name = queue_of_url(context, input.queue_url);
  const std::int64_t now = now_ms();
  co_await update(name, [&](QueueRecord& record) {
    apply_attributes(record.attributes, input.attributes, record.fifo);
    record.modified_ms = now;
  });
}

}  // namespace martlet::sqs
