#include "services/sns/subscription_attributes.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "services/sns/errors.h"
#include "services/sns/filter_policy.h"
#include "services/sns/http_endpoint.h"

namespace martlet::sns {

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 9> kProtocols{"http", "https",       "email",  "email-json", "sms",
                                                     "sqs",  "application", "lambda", "firehose"};

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos &&
         text.find_first_of(" \t\r\n<>") == std::string_view::npos;
}

void check_queue(const TopicName& topic, const std::string& endpoint) {
  const std::optional<Arn> arn = Arn::parse(endpoint);
  const bool names_queue = arn && arn->service == "sqs" && !arn->account.empty() && !arn->region.empty() &&
                           arn->resource.find(':') == std::string::npos;
  if (!names_queue) throw invalid_parameter("SQS endpoint ARN");
  if (!topic.is_fifo() && arn->resource.ends_with(".fifo"))
    throw invalid_parameter(
        "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
}

void check_function(const std::string& endpoint) {
  const std::optional<Arn> arn = Arn::parse(endpoint);
  if (!arn || arn->service != "lambda" || !arn->resource.starts_with("function:"))
    throw invalid_parameter("Lambda endpoint ARN");
}

/// The member of a JSON object that is a text; nullopt for all else.
std::optional<std::string> text_member(const std::string& text, std::string_view name) {
  boost::system::error_code failed;
  const json::value document = json::parse(text, failed);
  if (failed || !document.is_object()) return std::nullopt;
  const json::value* member = document.as_object().if_contains(name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return std::string(member->as_string());
}

void check_redrive_policy(const TopicName& topic, const std::string& policy) {
  boost::system::error_code failed;
  const json::value document = json::parse(policy, failed);
  if (failed || !document.is_object()) throw invalid_parameter("RedrivePolicy: failed to parse JSON.");
  const std::optional<std::string> target = text_member(policy, "deadLetterTargetArn");
  if (!target || document.as_object().size() != 1)
    throw invalid_parameter("RedrivePolicy: must contain deadLetterTargetArn and nothing else");
  const std::optional<Arn> arn = Arn::parse(*target);
  if (!arn || arn->service != "sqs")
    throw invalid_parameter("RedrivePolicy: deadLetterTargetArn is an invalid arn");
  if (topic.is_fifo() && !arn->resource.ends_with(".fifo"))
    throw invalid_parameter("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic");
  if (!topic.is_fifo() && arn->resource.ends_with(".fifo"))
    throw invalid_parameter("RedrivePolicy: must not use a FIFO queue as DLQ for a standard topic");
}

void check_raw(const SubscriptionRecord& record, const std::string& value) {
  if (value != "true" && value != "false")
    throw invalid_parameter("RawMessageDelivery: Invalid value [" + value + "]. Must be true or false.");
  if (value == "true" && !record.is_http() && record.protocol != "sqs" && record.protocol != "firehose")
    throw invalid_parameter("RawMessageDelivery: Delivery protocol [" + record.protocol +
                            "] does not support raw message delivery.");
}

void check_filter(const SubscriptionRecord& record) {
  const std::string scope = record.attribute("FilterPolicyScope", "MessageAttributes");
  if (scope != "MessageAttributes" && scope != "MessageBody")
    throw invalid_parameter("FilterPolicyScope: Invalid value [" + scope +
                            "]. Please use either MessageBody or MessageAttributes");
  const std::string policy = record.attribute("FilterPolicy");
  if (!policy.empty()) compile_filter_policy(policy, filter_scope(scope));
}

}  // namespace

void check_endpoint(const TopicName& topic, const std::string& protocol, const std::string& endpoint) {
  if (std::ranges::find(kProtocols, protocol) == kProtocols.end())
    throw invalid_parameter("Amazon SNS does not support this protocol string: " + protocol);
  if (topic.is_fifo() && protocol != "sqs")
    throw invalid_parameter(
        "Invalid parameter: Endpoint Reason: only Amazon SQS queues can be subscribed to FIFO topics");
  if (protocol == "http" || protocol == "https") {
    if (!HttpEndpoint::parse(endpoint) || !endpoint.starts_with(protocol + "://"))
      throw invalid_parameter("Endpoint must match the specified protocol");
  } else if (protocol == "sqs") {
    check_queue(topic, endpoint);
  } else if (protocol == "lambda") {
    check_function(endpoint);
  } else if (protocol == "sms") {
    if (!is_phone_number(endpoint)) throw invalid_parameter("Invalid SMS endpoint: " + endpoint);
  } else if (protocol == "email" || protocol == "email-json") {
    if (!is_email(endpoint)) throw invalid_parameter("Email address");
  } else {
    const std::optional<Arn> arn = Arn::parse(endpoint);
    const char* service = protocol == "firehose" ? "firehose" : "sns";
    if (!arn || arn->service != service)
      throw invalid_parameter(protocol == "firehose" ? "Firehose endpoint ARN" : "Application endpoint arn");
    throw not_built("endpoints of the protocol " + protocol);
  }
}

void set_subscription_attribute(SubscriptionRecord& record, const std::string& name,
                                const std::string& value) {
  constexpr std::array<std::string_view, 6> kNames{"DeliveryPolicy",    "FilterPolicy",
                                                   "FilterPolicyScope", "RawMessageDelivery",
                                                   "RedrivePolicy",     "SubscriptionRoleArn"};
  if (name == "ReplayPolicy") throw not_built("replays of archived messages (ReplayPolicy)");
  if (std::ranges::find(kNames, name) == kNames.end()) throw invalid_parameter("AttributeName");
  const bool is_nothing = value.empty() || (value == "{}" && name != "FilterPolicyScope");
  if (is_nothing)
    record.attributes.erase(name);
  else
    record.attributes[name] = value;
}

void check_subscription(const TopicName& topic, const SubscriptionRecord& record) {
  for (const auto& [name, value] : record.attributes) {
    if (name == "RedrivePolicy") check_redrive_policy(topic, value);
    if (name == "RawMessageDelivery") check_raw(record, value);
    if (name == "DeliveryPolicy") {
      parse_subscription_policy(value);
      if (!record.is_http())
        throw invalid_parameter("DeliveryPolicy: only HTTP/S subscriptions have a delivery policy");
    }
  }
  check_filter(record);
}

std::string dead_letter_queue(const SubscriptionRecord& record) {
  const std::string policy = record.attribute("RedrivePolicy");
  return policy.empty() ? policy : text_member(policy, "deadLetterTargetArn").value_or(std::string());
}

Attributes describe_subscription(const TopicName& topic, const SubscriptionRecord& record,
                                 const DeliveryPolicy& topic_policy) {
  Attributes out = record.attributes;
  out.emplace("RawMessageDelivery", "false");
  if (out.contains("FilterPolicy")) out.emplace("FilterPolicyScope", "MessageAttributes");
  out["SubscriptionArn"] = SubscriptionName{topic, record.id}.arn();
  out["TopicArn"] = topic.arn();
  out["Protocol"] = record.protocol;
  out["Endpoint"] = record.endpoint;
  out["Owner"] = record.owner;
  out["SubscriptionPrincipal"] = record.principal;
  out["PendingConfirmation"] = record.pending ? "true" : "false";
  out["ConfirmationWasAuthenticated"] = record.confirmed_with_authentication ? "true" : "false";
  if (record.is_http())
    out["EffectiveDeliveryPolicy"] = effective_subscription_json(
        effective_policy(topic_policy, parse_subscription_policy(record.attribute("DeliveryPolicy"))));
  return out;
}

}  // namespace martlet::sns
