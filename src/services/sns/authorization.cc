#include "services/sns/authorization.h"

#include <utility>

#include "services/sns/names.h"
#include "services/sns/sns_store.h"
#include "services/sns/topic_attributes.h"

namespace martlet::sns {

namespace {

using authorization::Call;
using authorization::OperationRule;

// Kinds of Names.
constexpr const char* kTopic = "{TopicArn}";
constexpr const char* kNamed = "{Name|named}";
constexpr const char* kOfSubscription = "{SubscriptionArn|subscription}";
constexpr const char* kResource = "{ResourceArn}";

class Names final : public authorization::Naming {
 public:
  Task<std::string> complete(Call call, std::string_view kind, std::string value) override {
    if (kind == "named") co_return call.context.arn("sns", value);
    if (kind == "subscription") co_return parse_subscription_arn(value).topic.arn();
    // Where a message goes: to a topic, under either name, or to a telephone.
    if (value.empty()) value = call.member("TargetArn");
    co_return value.empty() ? "*" : value;
  }
};

void add_text_messages(std::vector<OperationRule>& rules) {
  for (const auto& [operation, action] : std::initializer_list<std::pair<const char*, const char*>>{
           {"CheckIfPhoneNumberIsOptedOut", "SNS:CheckIfPhoneNumberIsOptedOut"},
           {"CreateSMSSandboxPhoneNumber", "SNS:CreateSMSSandboxPhoneNumber"},
           {"DeleteSMSSandboxPhoneNumber", "SNS:DeleteSMSSandboxPhoneNumber"},
           {"GetSMSAttributes", "SNS:GetSMSAttributes"},
           {"GetSMSSandboxAccountStatus", "SNS:GetSMSSandboxAccountStatus"},
           {"ListOriginationNumbers", "SNS:ListOriginationNumbers"},
           {"ListPhoneNumbersOptedOut", "SNS:ListPhoneNumbersOptedOut"},
           {"ListSMSSandboxPhoneNumbers", "SNS:ListSMSSandboxPhoneNumbers"},
           {"OptInPhoneNumber", "SNS:OptInPhoneNumber"},
           {"SetSMSAttributes", "SNS:SetSMSAttributes"},
           {"VerifySMSSandboxPhoneNumber", "SNS:VerifySMSSandboxPhoneNumber"}})
    rules.push_back({operation, {{action}}});
}

Task<std::optional<TopicRecord>> read_topic(store::Store& store, TopicName name) {
  co_return co_await store.transact(
      [&](store::Txn& txn) -> Task<std::optional<TopicRecord>> { co_return co_await load_topic(txn, name); });
}

}  // namespace

authorization::ServiceRules authorization_rules() {
  static Names names;
  std::vector<OperationRule> rules{
      {"AddPermission", {{"SNS:AddPermission", kTopic}}},
      {"ConfirmSubscription", {{"SNS:ConfirmSubscription", kTopic}}},
      {"CreateTopic", {{"SNS:CreateTopic", kNamed}, {"SNS:TagResource", kNamed, {}, "Tags"}}, "Tags"},
      {"DeleteTopic", {{"SNS:DeleteTopic", kTopic}}},
      {"GetSubscriptionAttributes", {{"SNS:GetSubscriptionAttributes", kOfSubscription}}},
      {"GetTopicAttributes", {{"SNS:GetTopicAttributes", kTopic}}},
      {"ListSubscriptions", {{"SNS:ListSubscriptions"}}},
      {"ListSubscriptionsByTopic", {{"SNS:ListSubscriptionsByTopic", kTopic}}},
      {"ListTagsForResource", {{"SNS:ListTagsForResource", kResource}}},
      {"ListTopics", {{"SNS:ListTopics"}}},
      {"Publish", {{"SNS:Publish", "{TopicArn|destination}"}}},
      {"PublishBatch", {{"SNS:Publish", kTopic}}},
      {"RemovePermission", {{"SNS:RemovePermission", kTopic}}},
      {"SetSubscriptionAttributes", {{"SNS:SetSubscriptionAttributes", kOfSubscription}}},
      {"SetTopicAttributes", {{"SNS:SetTopicAttributes", kTopic}}},
      {"Subscribe",
       {{"SNS:Subscribe", kTopic, {{"sns:Protocol", "{Protocol}"}, {"sns:Endpoint", "{Endpoint}"}}}}},
      {"TagResource", {{"SNS:TagResource", kResource}}, "Tags"},
      {"Unsubscribe", {{"SNS:Unsubscribe", kOfSubscription}}},
      {"UntagResource", {{"SNS:UntagResource", kResource}}, "TagKeys"},
  };
  add_text_messages(rules);
  return {.arn_service = "sns",
          .denied_code = "AuthorizationError",
          .operations = std::move(rules),
          .naming = &names};
}

Task<std::optional<std::string>> PolicySource::find(std::string arn) {
  const auto name = topic_of_arn(arn);
  if (!name) co_return std::nullopt;
  const auto topic = co_await read_topic(store_, *name);
  co_return topic ? std::optional(policy_of(*name, *topic)) : std::nullopt;
}

Task<authorization::TaggedResource> TagSource::find(std::string arn) {
  authorization::TaggedResource found;
  const auto name = topic_of_arn(arn);
  if (!name) co_return found;
  const auto topic = co_await read_topic(store_, *name);
  if (topic) found.tags.assign(topic->tags.begin(), topic->tags.end());
  co_return found;
}

}  // namespace martlet::sns
