// Topics: made, read, changed and deleted.

#include <utility>

#include "services/sns/calls.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"
#include "services/sns/service.h"
#include "services/sns/sns_store.h"
#include "services/sns/tags.h"
#include "services/sns/topic_attributes.h"

namespace martlet::sns {

namespace {

/// Takes the attribute that only creation knows out of the others.
TopicKind take_kind(Attributes& attributes) {
  const auto found = attributes.find("FifoTopic");
  if (found == attributes.end()) return TopicKind::kStandard;
  const std::string value = found->second;
  attributes.erase(found);
  if (value != "true" && value != "false") throw invalid_parameter("FifoTopic");
  return value == "true" ? TopicKind::kFifo : TopicKind::kStandard;
}

void check_name(const std::string& name, TopicKind kind) {
  if (is_topic_name(name, kind)) return;
  if (kind == TopicKind::kFifo)
    throw invalid_parameter(
        "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII "
        "letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.");
  throw invalid_parameter("Topic Name");
}

/// A topic may be created again, as long as nothing that is asked for differs from what it is.
void check_same(const TopicName& name, const TopicRecord& there, const Attributes& attributes,
                const std::map<std::string, std::string>& tags) {
  const Attributes has = describe_topic(name, there, {});
  for (const auto& [attribute, value] : attributes) {
    const auto found = has.find(attribute);
    if ((found == has.end() ? std::string() : found->second) != value)
      throw invalid_parameter("Attributes Reason: Topic already exists with different attributes");
  }
  if (!tags.empty() && tags != there.tags)
    throw invalid_parameter("Tags Reason: Topic already exists with different tags");
}

}  // namespace

Task<CreateTopicResponse> SnsService::CreateTopic(wire::Context& context, CreateTopicInput input) {
  Attributes attributes = std::move(input.attributes).value_or(Attributes{});
  const TopicKind kind = take_kind(attributes);
  check_name(input.name, kind);
  if (input.data_protection_policy && !input.data_protection_policy->empty())
    throw not_built("data protection policies");
  TopicName name = place_of(context);
  name.name = std::move(input.name);
  TopicRecord made;
  // Not that of a topic of this name that was deleted: memory may still have it.
  for (const char byte : with_.ids.bytes(6))
    made.revision = made.revision << 8 | static_cast<unsigned char>(byte);
  made.created_ms = to_epoch_ms(with_.clock.now());
  for (const auto& [attribute, value] : attributes) set_topic_attribute(name, made, attribute, value);
  const auto tags = check_tags(std::move(input.tags).value_or(std::vector<Tag>{}));
  made.tags = tags;
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    const std::optional<TopicRecord> there = co_await load_topic(txn, name);
    if (there) co_return check_same(name, *there, attributes, tags);
    save_topic(txn, name, made);
    policies_.change(txn);
    if (!tags.empty()) tags_.change(txn);
  });
  CreateTopicResponse out;
  out.topic_arn = name.arn();
  co_return out;
}

Task<> SnsService::DeleteTopic(wire::Context& context, DeleteTopicInput input) {
  const TopicName name = called_topic(context, input.topic_arn);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    if (co_await load_topic(txn, name)) co_await erase_topic(txn, name);
    policies_.change(txn);
    tags_.change(txn);
  });
}

Task<ListTopicsResponse> SnsService::ListTopics(wire::Context& context, ListTopicsInput input) {
  const TopicName where = place_of(context);
  const std::string after = read_token(input.next_token);
  std::vector<TopicName> found =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<TopicName>> {
        co_return co_await list_topics(txn, where, after, kPageSize + 1);
      });
  ListTopicsResponse out;
  if (found.size() > kPageSize) {
    found.resize(kPageSize);
    out.next_token = write_token(found.back().name);
  }
  auto& topics = out.topics.emplace();
  for (const TopicName& name : found) topics.emplace_back().topic_arn = name.arn();
  co_return out;
}

Task<GetTopicAttributesResponse> SnsService::GetTopicAttributes(wire::Context& context,
                                                                GetTopicAttributesInput input) {
  const TopicName name = called_topic(context, input.topic_arn);
  const std::shared_ptr<const TopicState> topic =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::shared_ptr<TopicState>> {
        co_return co_await topics_.get(txn, name);
      });
  SubscriptionCounts counts{.confirmed = topic->subscribers.size(), .pending = 0};
  for (const std::int64_t since_ms : topic->pending_since_ms)
    if (from_epoch_ms(since_ms) + kConfirmationLifetime > with_.clock.now()) ++counts.pending;
  GetTopicAttributesResponse out;
  out.attributes = describe_topic(name, topic->record, counts);
  co_return out;
}

Task<> SnsService::SetTopicAttributes(wire::Context& context, SetTopicAttributesInput input) {
  const TopicName name = called_topic(context, input.topic_arn);
  const std::string value = std::move(input.attribute_value).value_or("");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    std::optional<TopicRecord> topic = co_await load_topic(txn, name);
    if (!topic) throw topic_not_found();
    set_topic_attribute(name, *topic, input.attribute_name, value);
    save_topic(txn, name, *topic);
    policies_.change(txn);
  });
}

}  // namespace martlet::sns
