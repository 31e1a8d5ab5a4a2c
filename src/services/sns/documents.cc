#include "services/sns/documents.h"

#include <ctime>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/strings.h"

namespace martlet::sns {

namespace {

/// Members of a JSON object, one a line, as AWS lays its notifications out.
class Lines {
 public:
  void add(std::string_view name, std::string_view value) { add_json(name, quote_json(value)); }
  void add_json(std::string_view name, std::string_view json) {
    text_ += text_.empty() ? "{\n" : ",\n";
    text_ += fmt::format("  \"{}\" : {}", name, json);
  }
  [[nodiscard]] std::string finish() && { return std::move(text_) + "\n}"; }

 private:
  std::string text_;
};

/// Of binary attributes documents have Base64.
std::string value_in_document(const MessageAttribute& attribute) {
  return attribute.type.starts_with("Binary") ? base64_encode(attribute.value) : attribute.value;
}

std::string attribute_json(const MessageAttribute& attribute) {
  return fmt::format(R"({{"Type":{},"Value":{}}})", quote_json(attribute.type),
                     quote_json(value_in_document(attribute)));
}

std::string attribute_lines(const std::map<std::string, MessageAttribute>& attributes) {
  std::string out;
  for (const auto& [name, attribute] : attributes)
    out +=
        fmt::format("{}\n    {} : {}", out.empty() ? "{" : ",", quote_json(name), attribute_json(attribute));
  return out + "\n  }";
}

std::string compact_attributes(const std::map<std::string, MessageAttribute>& attributes) {
  std::string out;
  for (const auto& [name, attribute] : attributes)
    out += (out.empty() ? "" : ",") + quote_json(name) + ":" + attribute_json(attribute);
  return "{" + out + "}";
}

}  // namespace

std::string iso8601(std::int64_t epoch_ms) {
  const std::time_t seconds = epoch_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, epoch_ms % 1000);
}

std::string subscribe_url(std::string_view base_url, const std::string& topic_arn, const std::string& token) {
  return fmt::format("{}/?Action=ConfirmSubscription&TopicArn={}&Token={}", base_url,
                     percent_encode(topic_arn, ":"), token);
}

std::string unsubscribe_url(std::string_view base_url, const std::string& subscription_arn) {
  return fmt::format("{}/?Action=Unsubscribe&SubscriptionArn={}", base_url,
                     percent_encode(subscription_arn, ":"));
}

std::string notification_document(const Notification& notification, const Envelope& envelope) {
  const bool is_confirmation = notification.type != "Notification";
  Lines lines;
  lines.add("Type", notification.type);
  lines.add("MessageId", notification.message_id);
  if (!notification.sequence_number.empty()) lines.add("SequenceNumber", notification.sequence_number);
  if (is_confirmation) lines.add("Token", notification.token);
  lines.add("TopicArn", notification.topic_arn);
  if (!notification.subject.empty()) lines.add("Subject", notification.subject);
  lines.add("Message", notification.message);
  if (is_confirmation)
    lines.add("SubscribeURL", subscribe_url(envelope.base_url, notification.topic_arn, notification.token));
  lines.add("Timestamp", iso8601(notification.timestamp_ms));
  if (!envelope.signature.empty()) {
    lines.add("SignatureVersion", envelope.signature_version);
    lines.add("Signature", envelope.signature);
    lines.add("SigningCertURL", envelope.certificate_url);
  }
  if (!is_confirmation)
    lines.add("UnsubscribeURL", unsubscribe_url(envelope.base_url, envelope.subscription_arn));
  if (!notification.attributes.empty())
    lines.add_json("MessageAttributes", attribute_lines(notification.attributes));
  return std::move(lines).finish();
}

std::string lambda_event(const Notification& notification, const Envelope& envelope) {
  return fmt::format(
      R"({{"Records":[{{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":{},"Sns":{{)"
      R"("Type":{},"MessageId":{},"TopicArn":{},"Subject":{},"Message":{},"Timestamp":"{}",)"
      R"("SignatureVersion":{},"Signature":{},"SigningCertUrl":{},"UnsubscribeUrl":{},"MessageAttributes":{}}}}}]}})",
      quote_json(envelope.subscription_arn), quote_json(notification.type),
      quote_json(notification.message_id), quote_json(notification.topic_arn),
      notification.subject.empty() ? "null" : quote_json(notification.subject),
      quote_json(notification.message), iso8601(notification.timestamp_ms),
      quote_json(envelope.signature_version), quote_json(envelope.signature),
      quote_json(envelope.certificate_url),
      quote_json(unsubscribe_url(envelope.base_url, envelope.subscription_arn)),
      compact_attributes(notification.attributes));
}

std::string email_text(const Notification& notification, const Envelope& envelope) {
  if (notification.type == "SubscriptionConfirmation")
    return fmt::format("You have chosen to subscribe to the topic:\n{}\n\nTo confirm, visit:\n{}\n",
                       notification.topic_arn,
                       subscribe_url(envelope.base_url, notification.topic_arn, notification.token));
  return fmt::format("{}\n\n--\nTo stop receiving notifications from this topic, visit:\n{}\n",
                     notification.message, unsubscribe_url(envelope.base_url, envelope.subscription_arn));
}

std::string confirmation_message(const std::string& topic_arn) {
  return "You have chosen to subscribe to the topic " + topic_arn +
         ".\nTo confirm the subscription, visit the SubscribeURL included in this message.";
}

std::string farewell_message(const std::string& subscription_arn) {
  return "You have chosen to deactivate subscription " + subscription_arn +
         ".\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this "
         "message.";
}

}  // namespace martlet::sns
