// Tags of queues.

#include "services/sqs/tags.h"

#include <fmt/format.h>

#include <utility>

#include "base/strings.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/service.h"

namespace martlet::sqs {

namespace {

/// Characters, not bytes.
std::size_t length_of(const std::string& text) {
  std::size_t length = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++length;
  return length;
}

}  // namespace

void add_tags(std::map<std::string, std::string>& tags, std::map<std::string, std::string> added) {
  for (auto& [key, value] : added) {
    if (key.empty() || length_of(key) > kMaxTagKey)
      throw invalid_parameter(
          fmt::format("Tag keys must be between 1 and {} characters in length.", kMaxTagKey));
    if (length_of(value) > kMaxTagValue)
      throw invalid_parameter(
          fmt::format("Tag values must be between 0 and {} characters in length.", kMaxTagValue));
    if (to_lower(key).starts_with("aws:"))
      throw invalid_parameter("Tag keys starting with 'aws:' are reserved for system use.");
    tags.insert_or_assign(key, std::move(value));
  }
  if (tags.size() > kMaxTags)
    throw invalid_parameter(fmt::format("Too many tags added for queue, at most {} are allowed.", kMaxTags));
}

Task<> SqsService::TagQueue(wire::Context& context, TagQueueRequest input) {
  co_await update(queue_of_url(context, input.queue_url),
                  [&](QueueRecord& record) { add_tags(record.tags, input.tags); });
}

Task<> SqsService::UntagQueue(wire::Context& context, UntagQueueRequest input) {
  co_await update(queue_of_url(context, input.queue_url), [&](QueueRecord& record) {
    for (const std::string& key : input.tag_keys) record.tags.erase(key);
  });
}

Task<ListQueueTagsResult> SqsService::ListQueueTags(wire::Context& context, ListQueueTagsRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  ListQueueTagsResult out;
  if (!queue->record.tags.empty()) out.tags = queue->record.tags;
  co_return out;
}

}  // namespace martlet::sqs
