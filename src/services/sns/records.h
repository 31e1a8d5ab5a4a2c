#pragma once

// What Amazon SNS stores. Each type is one kind of value; sns_store.h tells under which keys. Numbers of
// fields are never used again (store/record.h). Times are milliseconds since the Unix epoch.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/sns/names.h"

namespace martlet::sns {

struct TopicRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// Grows with every change of the topic or one of its subscriptions: who knows it knows the topic.
  std::uint64_t revision = 0;
  std::int64_t created_ms = 0;
  /// Those that were set, by AWS's names; what was not set has AWS's default.
  std::map<std::string, std::string> attributes;
  std::map<std::string, std::string> tags;
  /// Subscriptions that there were and are not any more (SubscriptionsDeleted).
  std::uint64_t deleted = 0;

  [[nodiscard]] std::string attribute(const std::string& name, std::string fallback = {}) const {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::move(fallback) : found->second;
  }

  void fields(auto& f) {
    f(1, revision);
    f(2, created_ms);
    f(3, attributes);
    f(4, tags);
    f(5, deleted);
  }
};

struct SubscriptionRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string id;
  /// "lambda", "sqs", "http", ...
  std::string protocol;
  std::string endpoint;
  /// The account that subscribed.
  std::string owner;
  /// ARN of the principal that subscribed.
  std::string principal;
  std::int64_t created_ms = 0;
  bool pending = false;
  bool confirmed_with_authentication = false;
  /// Only its owner and the topic's may end it.
  bool authenticate_on_unsubscribe = false;
  /// Those that were set, by AWS's names.
  std::map<std::string, std::string> attributes;

  [[nodiscard]] std::string attribute(const std::string& name, std::string fallback = {}) const {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::move(fallback) : found->second;
  }
  [[nodiscard]] bool is_raw() const { return attribute("RawMessageDelivery") == "true"; }
  [[nodiscard]] bool is_http() const { return protocol == "http" || protocol == "https"; }

  void fields(auto& f) {
    f(1, id);
    f(2, protocol);
    f(3, endpoint);
    f(4, owner);
    f(5, principal);
    f(6, created_ms);
    f(7, pending);
    f(8, confirmed_with_authentication);
    f(9, authenticate_on_unsubscribe);
    f(10, attributes);
  }
};

/// What the token of a confirmation stands for.
struct TokenRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string topic_arn;
  /// As it is once it is confirmed: a subscription that was ended is made again.
  SubscriptionRecord subscription;
  std::int64_t expires_ms = 0;
  void fields(auto& f) {
    f(1, topic_arn);
    f(2, subscription);
    f(3, expires_ms);
  }
};

/// A typed attribute of a message.
struct MessageAttribute {
  std::string type;
  /// Of a binary one the bytes themselves.
  std::string value;
  void fields(auto& f) {
    f(1, type);
    f(2, value);
  }
  bool operator==(const MessageAttribute&) const = default;
};

/// A message as one endpoint gets it.
struct Notification {
  /// "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation".
  std::string type = "Notification";
  std::string message_id;
  std::string topic_arn;
  std::string subject;
  std::string message;
  std::int64_t timestamp_ms = 0;
  std::map<std::string, MessageAttribute> attributes;
  /// Of FIFO topics.
  std::string sequence_number;
  /// Of confirmations.
  std::string token;
  void fields(auto& f) {
    f(1, type);
    f(2, message_id);
    f(3, topic_arn);
    f(4, subject);
    f(5, message);
    f(6, timestamp_ms);
    f(7, attributes);
    f(8, sequence_number);
    f(9, token);
  }
};

/// An HTTP request that is to be made, and made again until it succeeds.
struct HttpDeliveryRecord {
  static constexpr std::uint32_t kVersion = 1;
  Notification notification;
  std::string subscription_id;
  std::string endpoint;
  /// Where the URLs in the document lead.
  std::string base_url;
  std::uint32_t attempts = 0;
  void fields(auto& f) {
    f(1, notification);
    f(2, subscription_id);
    f(3, endpoint);
    f(4, base_url);
    f(5, attempts);
  }
};

/// An email or text message, kept to be read.
struct OutboxRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// "email", "email-json", "sms".
  std::string protocol;
  std::string to;
  std::string subject;
  std::string body;
  std::string message_id;
  std::string topic_arn;
  std::int64_t sent_ms = 0;
  std::map<std::string, MessageAttribute> attributes;
  void fields(auto& f) {
    f(1, protocol);
    f(2, to);
    f(3, subject);
    f(4, body);
    f(5, message_id);
    f(6, topic_arn);
    f(7, sent_ms);
    f(8, attributes);
  }
};

/// The key with which messages are signed.
struct SigningKeyRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// PEM.
  std::string private_key;
  std::string certificate;
  void fields(auto& f) {
    f(1, private_key);
    f(2, certificate);
  }
};

/// What an account has set for text messages in a region.
struct SmsRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::map<std::string, std::string> attributes;
  /// Numbers that want no messages.
  std::vector<std::string> opted_out;
  /// Numbers of the sandbox: "Pending" or "Verified".
  std::map<std::string, std::string> sandbox;
  void fields(auto& f) {
    f(1, attributes);
    f(2, opted_out);
    f(3, sandbox);
  }
};

}  // namespace martlet::sns
