#pragma once

// Message: what was published, checked, before it is known who gets it. Plain values.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/sns/types.h"
#include "services/sns/names.h"
#include "services/sns/records.h"
#include "targets/targets.h"

namespace martlet::sns {

struct Message {
  std::string text;
  /// With MessageStructure "json": the texts by protocol, "default" among them; otherwise empty.
  std::map<std::string, std::string> by_protocol;
  std::string subject;
  std::map<std::string, MessageAttribute> attributes;
  std::string group_id;
  std::string deduplication_id;

  /// What endpoints of that protocol get.
  [[nodiscard]] const std::string& text_for(const std::string& protocol) const;
  /// Bytes that count against the limit of a message.
  [[nodiscard]] std::size_t size() const;
};

/// What Publish and the entries of PublishBatch have in common.
struct MessageInput {
  std::string message = {};
  std::optional<std::string> subject = {};
  std::optional<std::string> structure = {};
  std::optional<std::map<std::string, MessageAttributeValue>> attributes = {};
  std::optional<std::string> group_id = {};
  std::optional<std::string> deduplication_id = {};
};

/// Throws InvalidParameter, ParameterValueInvalid. `topic`: null where none is published to.
Message check_message(MessageInput input, const TopicName* topic);

/// An event on its way to a topic. Throws as check_message().
Message message_of(const targets::Delivery& delivery, const TopicName& topic);

/// What tells copies of a message apart on a FIFO topic: its deduplication id, or a hash of its text where
/// the topic is `content_based`. Throws InvalidParameter where there is neither.
std::string deduplication_id(const Message& message, bool content_based);

}  // namespace martlet::sns
