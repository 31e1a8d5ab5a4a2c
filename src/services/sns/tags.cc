#include "services/sns/tags.h"

#include <optional>
#include <utility>

#include "base/strings.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"
#include "services/sns/service.h"
#include "services/sns/sns_store.h"

namespace martlet::sns {

namespace {

TopicName tagged_topic(const std::string& arn) {
  std::optional<TopicName> topic = topic_of_arn(arn);
  if (!topic) throw invalid_arn("ResourceArn", arn);
  return std::move(*topic);
}

/// The topic that tags are asked of.
Task<TopicRecord> load_tagged(store::Txn& txn, TopicName name) {
  std::optional<TopicRecord> topic = co_await load_topic(txn, std::move(name));
  if (!topic) throw resource_not_found();
  co_return std::move(*topic);
}

}  // namespace

std::map<std::string, std::string> check_tags(std::vector<Tag> tags) {
  std::map<std::string, std::string> out;
  for (Tag& tag : tags) {
    if (to_lower(tag.key).starts_with("aws:"))
      throw invalid_parameter("Tag keys can not start with the reserved prefix 'aws:'.");
    if (!out.emplace(std::move(tag.key), std::move(tag.value)).second)
      throw invalid_parameter("Duplicated keys are not allowed.");
  }
  if (out.size() > kMaxTags) throw too_many_tags();
  return out;
}

void add_tags(TopicRecord& topic, const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags) topic.tags.insert_or_assign(key, value);
  if (topic.tags.size() > kMaxTags) throw too_many_tags();
}

Task<TagResourceResponse> SnsService::TagResource(wire::Context&, TagResourceRequest input) {
  const TopicName name = tagged_topic(input.resource_arn);
  const std::map<std::string, std::string> tags = check_tags(std::move(input.tags));
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    TopicRecord topic = co_await load_tagged(txn, name);
    add_tags(topic, tags);
    save_topic(txn, name, topic);
    tags_.change(txn);
  });
  co_return TagResourceResponse{};
}

Task<UntagResourceResponse> SnsService::UntagResource(wire::Context&, UntagResourceRequest input) {
  const TopicName name = tagged_topic(input.resource_arn);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    TopicRecord topic = co_await load_tagged(txn, name);
    for (const std::string& key : input.tag_keys) topic.tags.erase(key);
    save_topic(txn, name, topic);
    tags_.change(txn);
  });
  co_return UntagResourceResponse{};
}

Task<ListTagsForResourceResponse> SnsService::ListTagsForResource(wire::Context&,
                                                                  ListTagsForResourceRequest input) {
  const TopicName name = tagged_topic(input.resource_arn);
  const TopicRecord topic = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<TopicRecord> { co_return co_await load_tagged(txn, name); });
  ListTagsForResourceResponse out;
  auto& tags = out.tags.emplace();
  for (const auto& [key, value] : topic.tags) tags.push_back({key, value});
  co_return out;
}

}  // namespace martlet::sns
