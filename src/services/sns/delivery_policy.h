#pragma once

// Delivery policies: how often and when an HTTP endpoint that failed is tried again. A topic has one for all
// its subscriptions, and each subscription may have its own. Plain values.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::sns {

enum class Backoff { kLinear, kArithmetic, kGeometric, kExponential };

/// After the first attempt: retries without delay, then some with the least delay, then some between the
/// least and the greatest, then some with the greatest.
struct RetryPolicy {
  std::chrono::seconds min_delay{20};
  std::chrono::seconds max_delay{20};
  std::uint32_t retries = 3;
  std::uint32_t without_delay = 0;
  std::uint32_t with_min_delay = 0;
  std::uint32_t with_max_delay = 0;
  Backoff backoff = Backoff::kLinear;

  /// Before retry `number` (1: the first); nullopt when there is no such retry.
  [[nodiscard]] std::optional<std::chrono::milliseconds> delay_before(std::uint32_t number) const;
};

struct DeliveryPolicy {
  std::optional<RetryPolicy> retry;
  std::optional<std::uint32_t> max_receives_per_second;
  /// Content-Type of requests.
  std::optional<std::string> content_type;
  /// Of topics: what subscriptions say does not count.
  bool overrides_subscriptions = false;
};

/// Of a topic: {"http": {"defaultHealthyRetryPolicy": ..., "disableSubscriptionOverrides": ...}}. Throws
/// InvalidParameter; an empty text is an empty policy.
DeliveryPolicy parse_topic_policy(std::string_view json);
/// Of a subscription: {"healthyRetryPolicy": ..., "throttlePolicy": ..., "requestPolicy": ...}. The same.
DeliveryPolicy parse_subscription_policy(std::string_view json);

/// What holds for a subscription.
struct EffectivePolicy {
  RetryPolicy retry;
  std::optional<std::uint32_t> max_receives_per_second;
  std::string content_type;
};
EffectivePolicy effective_policy(const DeliveryPolicy& topic, const DeliveryPolicy& subscription);

/// The EffectiveDeliveryPolicy of a topic and of a subscription, as JSON.
std::string effective_topic_json(const DeliveryPolicy& topic);
std::string effective_subscription_json(const EffectivePolicy& policy);

}  // namespace martlet::sns
