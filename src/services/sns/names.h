#pragma once

// The names of topics and subscriptions, and their ARNs.

#include <optional>
#include <string>
#include <string_view>

#include "base/arn.h"

namespace martlet::sns {

/// As which SNS delivers.
inline constexpr std::string_view kServicePrincipal = "sns.amazonaws.com";

struct TopicName {
  std::string partition = "aws";
  std::string account;
  std::string region;
  std::string name;

  [[nodiscard]] std::string arn() const;
  /// Whether it is that of a FIFO topic.
  [[nodiscard]] bool is_fifo() const { return name.ends_with(".fifo"); }
  bool operator==(const TopicName&) const = default;
};

struct SubscriptionName {
  TopicName topic;
  /// "6b0e71bd-7e97-4d97-80ce-4a0994e55286"
  std::string id;

  [[nodiscard]] std::string arn() const { return topic.arn() + ":" + id; }
};

/// Throws InvalidParameter, naming `parameter`, unless it is the ARN of a topic.
TopicName parse_topic_arn(const std::string& arn, const std::string& parameter = "TopicArn");
/// nullopt where parse_topic_arn() would throw.
std::optional<TopicName> topic_of_arn(std::string_view arn);

/// Throws InvalidParameter unless it is the ARN of a subscription.
SubscriptionName parse_subscription_arn(const std::string& arn);

/// Whether a topic may be called so; `fifo`: one that is to be FIFO.
enum class TopicKind { kStandard, kFifo };
bool is_topic_name(std::string_view name, TopicKind kind);

/// E.164: "+4915112345678".
bool is_phone_number(std::string_view text);

}  // namespace martlet::sns
