#include "services/sns/topic_cache.h"

#include <charconv>

#include "services/sns/errors.h"
#include "services/sns/filter_policy.h"
#include "services/sns/sns_store.h"
#include "services/sns/subscription_attributes.h"
#include "store/record.h"

namespace martlet::sns {

namespace {

/// Topics in memory; when there are more, all are read again as they are used.
constexpr std::size_t kMaxTopics = 10'000;

Subscriber subscriber_of(const TopicName& topic, SubscriptionRecord record) {
  Subscriber out;
  out.arn = SubscriptionName{topic, record.id}.arn();
  if (record.protocol == "sqs" || record.protocol == "lambda")
    out.endpoint = Arn::parse(record.endpoint).value_or(Arn{});
  if (const std::string queue = dead_letter_queue(record); !queue.empty())
    out.dead_letter = Arn::parse(queue);
  out.is_raw = record.is_raw();
  out.record = std::move(record);
  return out;
}

void add_filter(TopicState& state, const SubscriptionRecord& record, std::size_t position) {
  const std::string policy = record.attribute("FilterPolicy");
  if (policy.empty()) {
    state.unfiltered.push_back(position);
    return;
  }
  ++state.filter_policies;
  const FilterScope scope = filter_scope(record.attribute("FilterPolicyScope"));
  patterns::Matcher& matcher = scope == FilterScope::kBody ? state.by_body : state.by_attributes;
  matcher.add(std::to_string(position), compile_filter_policy(policy, scope));
}

void append_matches(const patterns::Matcher& matcher, const patterns::Event& event,
                    std::vector<std::size_t>& positions) {
  for (const std::string_view id : matcher.match(event)) {
    std::size_t position = 0;
    std::from_chars(id.data(), id.data() + id.size(), position);
    positions.push_back(position);
  }
}

}  // namespace

std::vector<std::size_t> TopicState::wanting(const Message& message) const {
  std::vector<std::size_t> positions = unfiltered;
  if (by_attributes.size() > 0)
    append_matches(by_attributes, attributes_event(message.attributes), positions);
  if (by_body.size() > 0) append_matches(by_body, patterns::Event::from_json(message.text), positions);
  return positions;
}

Task<std::shared_ptr<TopicState>> TopicCache::get(store::Txn& txn, TopicName name) {
  std::optional<std::string> bytes = co_await load_topic_bytes(txn, name);
  if (!bytes) throw topic_not_found();
  std::string arn = name.arn();
  if (const auto found = entries_.find(arn); found != entries_.end() && found->second.bytes == *bytes)
    co_return found->second.state;
  auto state = std::make_shared<TopicState>(clock_, name);
  state->record = store::decode<TopicRecord>(*bytes);
  state->delivery = parse_topic_policy(state->record.attribute("DeliveryPolicy"));
  for (SubscriptionRecord& record : co_await list_subscriptions(txn, name, {}, 0)) {
    if (record.pending) {
      state->pending_since_ms.push_back(record.created_ms);
      continue;
    }
    add_filter(*state, record, state->subscribers.size());
    state->subscribers.push_back(subscriber_of(name, std::move(record)));
  }
  if (entries_.size() >= kMaxTopics) entries_.clear();
  entries_[std::move(arn)] = {std::move(*bytes), state};
  co_return state;
}

}  // namespace martlet::sns
