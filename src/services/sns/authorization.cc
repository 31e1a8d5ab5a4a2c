#include "services/sns/authorization.h"

#include <utility>

#include "api/sns/types.h"
#include "services/sns/names.h"
#include "services/sns/sns_store.h"
#include "services/sns/topic_attributes.h"

namespace martlet::sns {

namespace {

using authorization::ActionRule;
using authorization::Call;
using authorization::OperationRule;

// Kinds of Names.
constexpr const char* kTopic = "{TopicArn}";
constexpr const char* kNamed = "{Name|named}";
constexpr const char* kOfSubscription = "{SubscriptionArn|subscription}";
constexpr const char* kResource = "{ResourceArn}";

constexpr std::string_view kFeedbackRole = "FeedbackRoleArn";

bool is_feedback_role(std::string_view attribute) { return attribute.ends_with(kFeedbackRole); }

/// No resource in particular, as AWS has it; subscriptions of another account's topics are that topic's
/// policy's to give away.
std::string of_subscription(const wire::Context& context, const std::string& arn) {
  const TopicName topic = parse_subscription_arn(arn).topic;
  return topic.account == context.account ? "*" : topic.arn();
}

/// Of CreateTopic.
std::string attribute_at_creation(Call call, std::string_view name) {
  const auto& attributes = static_cast<const CreateTopicInput*>(call.input)->attributes;
  if (!attributes) return {};
  const auto found = attributes->find(std::string(name));
  return found == attributes->end() ? std::string() : found->second;
}

class Names final : public authorization::Naming {
 public:
  Task<std::string> complete(Call call, std::string_view kind, std::string value) override {
    if (kind == "named") co_return call.context.arn("sns", value);
    if (kind == "subscription") co_return of_subscription(call.context, value);
    if (kind == "set-role") co_return is_feedback_role(value) ? call.member("AttributeValue") : "";
    if (kind.ends_with(kFeedbackRole)) co_return attribute_at_creation(call, kind);
    // Where a message goes: to a topic, under either name, or to a telephone.
    if (value.empty()) value = call.member("TargetArn");
    co_return value.empty() ? "*" : value;
  }
};

/// Who has a topic report on deliveries passes the role that writes the reports.
ActionRule pass_role(std::string_view role) {
  return {"iam:PassRole", role, {{"iam:PassedToService", "sns.amazonaws.com"}}};
}

OperationRule create_topic() {
  OperationRule rule{
      "CreateTopic", {{"SNS:CreateTopic", kNamed}, {"SNS:TagResource", kNamed, {}, "Tags"}}, "Tags"};
  for (const char* role : {
           "{Attributes?|HTTPSuccessFeedbackRoleArn}",
           "{Attributes?|HTTPFailureFeedbackRoleArn}",
           "{Attributes?|FirehoseSuccessFeedbackRoleArn}",
           "{Attributes?|FirehoseFailureFeedbackRoleArn}",
           "{Attributes?|LambdaSuccessFeedbackRoleArn}",
           "{Attributes?|LambdaFailureFeedbackRoleArn}",
           "{Attributes?|ApplicationSuccessFeedbackRoleArn}",
           "{Attributes?|ApplicationFailureFeedbackRoleArn}",
           "{Attributes?|SQSSuccessFeedbackRoleArn}",
           "{Attributes?|SQSFailureFeedbackRoleArn}",
       })
    rule.actions.push_back(pass_role(role));
  return rule;
}

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
      create_topic(),
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
      {"SetTopicAttributes", {{"SNS:SetTopicAttributes", kTopic}, pass_role("{AttributeName?|set-role}")}},
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
