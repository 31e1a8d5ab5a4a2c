#include "services/sns/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/crypto.h"
#include "base/strings.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"

namespace martlet::sns {

namespace {

namespace json = boost::json;

std::map<std::string, std::string> parse_structure(const std::string& text) {
  boost::system::error_code failed;
  const json::value document = json::parse(text, failed);
  if (failed || !document.is_object())
    throw invalid_parameter("Message Structure - JSON message body failed to parse");
  std::map<std::string, std::string> texts;
  for (const auto& member : document.as_object())
    if (member.value().is_string())
      texts.emplace(std::string(member.key()), std::string(member.value().as_string()));
  if (!texts.contains("default"))
    throw invalid_parameter("Message Structure - No default entry in JSON message body");
  return texts;
}

void check_subject(const std::string& subject) {
  const bool starts_well = !subject.empty() && static_cast<unsigned char>(subject.front()) > ' ';
  const bool is_plain =
      std::ranges::all_of(subject, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 127; });
  const auto length =
      std::ranges::count_if(subject, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (!starts_well || !is_plain || static_cast<std::size_t>(length) > kMaxSubjectLength)
    throw invalid_parameter("Subject");
}

bool is_attribute_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxAttributeNameLength) return false;
  if (name.starts_with('.') || name.ends_with('.') || name.find("..") != std::string_view::npos) return false;
  const std::string lower = to_lower(name);
  if (lower.starts_with("aws.") || lower.starts_with("amazon.")) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

bool is_number(const std::string& text) {
  boost::system::error_code failed;
  const json::value number = json::parse(text, failed);
  return !failed && number.is_number();
}

bool is_json_array(const std::string& text) {
  boost::system::error_code failed;
  const json::value array = json::parse(text, failed);
  return !failed && array.is_array();
}

MessageAttribute check_attribute(const std::string& name, MessageAttributeValue value) {
  if (!is_attribute_name(name))
    throw invalid_value(fmt::format("The message attribute name '{}' is not valid.", name));
  const std::string& type = value.data_type;
  const std::string_view kind = std::string_view(type).substr(0, type.find('.'));
  if (type.empty())
    throw invalid_value(
        fmt::format("The message attribute '{}' must contain non-empty message attribute type.", name));
  if ((kind != "String" && kind != "Number" && kind != "Binary") || type.ends_with('.'))
    throw invalid_value(
        fmt::format("The message attribute '{}' has an invalid message attribute type, the set of supported "
                    "type prefixes is Binary, Number, and String.",
                    name));
  MessageAttribute out{type,
                       std::move(kind == "Binary" ? value.binary_value : value.string_value).value_or("")};
  if (out.value.empty())
    throw invalid_value(
        fmt::format("The message attribute '{}' must contain non-empty message attribute value for message "
                    "attribute type '{}'.",
                    name, type));
  if (kind == "Number" && !is_number(out.value))
    throw invalid_value(fmt::format("Could not cast message attribute '{}' value to number.", name));
  if (type == "String.Array" && !is_json_array(out.value))
    throw invalid_value(fmt::format("The value of the message attribute '{}' is not a JSON array.", name));
  return out;
}

void check_group_id(const std::string& id, const char* parameter) {
  const bool good = !id.empty() && id.size() <= kMaxGroupIdLength &&
                    std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
  if (!good)
    throw invalid_parameter(fmt::format(
        "{0} Reason: {0} can only include alphanumeric and punctuation characters, 1 to 128 of them",
        parameter));
}

void check_groups(const Message& message, const TopicName* topic) {
  const bool fifo = topic != nullptr && topic->is_fifo();
  if (fifo && message.group_id.empty())
    throw invalid_parameter("The MessageGroupId parameter is required for FIFO topics");
  if (!fifo && !message.deduplication_id.empty())
    throw invalid_parameter(
        "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
        "valid "
        "for this topic type");
  if (!message.group_id.empty()) check_group_id(message.group_id, "MessageGroupId");
  if (!message.deduplication_id.empty()) check_group_id(message.deduplication_id, "MessageDeduplicationId");
}

}  // namespace

const std::string& Message::text_for(const std::string& protocol) const {
  if (by_protocol.empty()) return text;
  const auto found = by_protocol.find(protocol);
  return found == by_protocol.end() ? by_protocol.at("default") : found->second;
}

std::size_t Message::size() const {
  std::size_t bytes = text.size() + subject.size();
  for (const auto& [name, attribute] : attributes)
    bytes += name.size() + attribute.type.size() + attribute.value.size();
  return bytes;
}

Message check_message(MessageInput input, const TopicName* topic) {
  Message message;
  message.text = std::move(input.message);
  if (message.text.empty()) throw invalid_parameter("Empty message");
  if (input.subject) {
    check_subject(*input.subject);
    message.subject = std::move(*input.subject);
  }
  message.group_id = std::move(input.group_id).value_or("");
  message.deduplication_id = std::move(input.deduplication_id).value_or("");
  if (input.attributes)
    for (auto& [name, value] : *input.attributes)
      message.attributes.emplace(name, check_attribute(name, std::move(value)));
  if (message.size() > kMaxMessageBytes) throw invalid_parameter("Message too long");
  if (input.structure && !input.structure->empty()) {
    if (*input.structure != "json") throw invalid_parameter("MessageStructure");
    message.by_protocol = parse_structure(message.text);
  }
  check_groups(message, topic);
  return message;
}

Message message_of(const targets::Delivery& delivery, const TopicName& topic) {
  MessageInput input{.message = delivery.body};
  if (!delivery.group_id.empty()) input.group_id = delivery.group_id;
  if (topic.is_fifo() && !delivery.deduplication_id.empty())
    input.deduplication_id = delivery.deduplication_id;
  Message message = check_message(std::move(input), &topic);
  for (const auto& [name, attribute] : delivery.attributes)
    message.attributes.emplace(name, MessageAttribute{attribute.type, attribute.value});
  if (message.size() > kMaxMessageBytes) throw invalid_parameter("Message too long");
  return message;
}

std::string deduplication_id(const Message& message, bool content_based) {
  if (!message.deduplication_id.empty()) return message.deduplication_id;
  if (!content_based)
    throw invalid_parameter(
        "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
        "explicitly");
  return to_hex(as_view(sha256(message.text)));
}

}  // namespace martlet::sns
