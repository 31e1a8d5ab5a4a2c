#include "services/sns/topic_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/strings.h"
#include "base/utf8.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"

namespace martlet::sns {

namespace {

namespace json = boost::json;

constexpr std::int64_t kMaxRetentionDays = 365;

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> allowed) {
  return std::ranges::find(allowed, value) != allowed.end();
}

void require(bool good, const std::string& name, const std::string& reason = {}) {
  if (!good) throw invalid_parameter(reason.empty() ? name : name + " Reason: " + reason);
}

/// "HTTPSuccessFeedbackRoleArn" and its kin.
bool is_feedback_attribute(const std::string& name) {
  for (const char* protocol : {"HTTP", "Firehose", "Lambda", "Application", "SQS"})
    for (const char* ending :
         {"SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"})
      if (name == std::string(protocol) + ending) return true;
  return false;
}

void check_feedback(const std::string& name, const std::string& value) {
  if (value.empty()) return;
  if (!name.ends_with("SampleRate")) return require(Arn::parse(value).has_value(), name);
  const bool is_percentage = value.size() <= 3 &&
                             value.find_first_not_of("0123456789") == std::string::npos &&
                             std::stoi(value) <= 100;
  require(is_percentage, name, "must be an integer from 0 to 100");
}

void check_policy(const std::string& value) {
  if (value.empty()) return;
  require(value.size() <= kMaxPolicyBytes, "Policy", "Policy is too large");
  boost::system::error_code failed;
  const json::value document = json::parse(value, failed);
  require(!failed && document.is_object(), "Policy", "Policy is not valid JSON");
  const json::value* statement = document.as_object().if_contains("Statement");
  require(statement != nullptr && (statement->is_array() || statement->is_object()), "Policy",
          "Policy statement is missing");
}

void check_archive_policy(const std::string& value) {
  if (value.empty()) return;
  boost::system::error_code failed;
  const json::value document = json::parse(value, failed);
  require(!failed && document.is_object(), "ArchivePolicy", "ArchivePolicy is not valid JSON");
  const json::object& policy = document.as_object();
  if (policy.empty()) return;
  const json::value* days = policy.if_contains("MessageRetentionPeriod");
  std::string digits;
  if (days != nullptr && days->is_int64()) digits = std::to_string(days->as_int64());
  if (days != nullptr && days->is_string()) digits = std::string(days->as_string());
  const bool good = !digits.empty() && digits.size() <= 3 &&
                    digits.find_first_not_of("0123456789") == std::string::npos && std::stoi(digits) >= 1 &&
                    std::stoi(digits) <= kMaxRetentionDays;
  require(good && policy.size() == 1, "ArchivePolicy", "MessageRetentionPeriod must be from 1 to 365 days");
  throw not_built("archives of topics (ArchivePolicy)");
}

void check_fifo_attribute(const TopicName& topic, const std::string& name, const std::string& value) {
  require(topic.is_fifo(), name, name + " can only be set on FIFO topics");
  if (name == "ArchivePolicy") return check_archive_policy(value);
  if (name == "ContentBasedDeduplication") return require(is_one_of(value, {"true", "false", ""}), name);
  require(is_one_of(value, {"Topic", "MessageGroup", ""}), name);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void check_topic_attribute(const TopicName& topic, const std::string& name, const std::string& value) {
  if (is_one_of(name, {"ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy"}))
    return check_fifo_attribute(topic, name, value);
  if (name == "DisplayName")
    return require(characters(value) <= kMaxDisplayNameLength && is_utf8(value), name);
  if (name == "Policy") return check_policy(value);
  if (name == "DeliveryPolicy") return static_cast<void>(parse_topic_policy(value));
  if (name == "SignatureVersion") return require(is_one_of(value, {"1", "2", ""}), name);
  if (name == "TracingConfig") return require(is_one_of(value, {"PassThrough", "Active", ""}), name);
  if (name == "KmsMasterKeyId") return require(value.size() <= 2048, name);
  if (name == "DataProtectionPolicy") throw not_built("data protection policies");
  require(is_feedback_attribute(name), "AttributeName");
  check_feedback(name, value);
}

void set_topic_attribute(const TopicName& topic, TopicRecord& record, const std::string& name,
                         const std::string& value) {
  check_topic_attribute(topic, name, value);
  if (value.empty())
    record.attributes.erase(name);
  else
    record.attributes[name] = value;
}

std::string default_policy(const TopicName& topic) {
  return fmt::format(
      R"({{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{{"Sid":"__default_statement_ID",)"
      R"("Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["SNS:GetTopicAttributes",)"
      R"("SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic",)"
      R"("SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":{},)"
      R"("Condition":{{"StringEquals":{{"AWS:SourceOwner":"{}"}}}}}}]}})",
      quote_json(topic.arn()), topic.account);
}

std::string policy_of(const TopicName& topic, const TopicRecord& record) {
  const auto found = record.attributes.find("Policy");
  return found == record.attributes.end() ? default_policy(topic) : found->second;
}

Attributes describe_topic(const TopicName& topic, const TopicRecord& record, SubscriptionCounts counts) {
  Attributes out = record.attributes;
  out.emplace("DisplayName", "");
  out.emplace("Policy", policy_of(topic, record));
  out["TopicArn"] = topic.arn();
  out["Owner"] = topic.account;
  out["EffectiveDeliveryPolicy"] =
      effective_topic_json(parse_topic_policy(record.attribute("DeliveryPolicy")));
  out["SubscriptionsConfirmed"] = std::to_string(counts.confirmed);
  out["SubscriptionsPending"] = std::to_string(counts.pending);
  out["SubscriptionsDeleted"] = std::to_string(record.deleted);
  if (topic.is_fifo()) {
    out["FifoTopic"] = "true";
    out.emplace("ContentBasedDeduplication", "false");
    out.emplace("FifoThroughputScope", "Topic");
  }
  return out;
}

}  // namespace martlet::sns
