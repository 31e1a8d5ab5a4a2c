#include "services/sns/delivery_policy.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"

namespace martlet::sns {
namespace {

std::vector<long> delays(const RetryPolicy& policy) {
  std::vector<long> out;
  for (std::uint32_t number = 1; const auto delay = policy.delay_before(number); ++number)
    out.push_back(static_cast<long>(delay->count()));
  return out;
}

RetryPolicy policy_with(Backoff backoff) {
  RetryPolicy policy;
  policy.min_delay = std::chrono::seconds(1);
  policy.max_delay = std::chrono::seconds(16);
  policy.retries = 5;
  policy.backoff = backoff;
  return policy;
}

TEST(DeliveryPolicy, RetriesThreeTimesTwentySecondsApartWhereNothingIsSaid) {
  EXPECT_EQ(delays({}), (std::vector<long>{20'000, 20'000, 20'000}));
}

TEST(DeliveryPolicy, GoesThroughItsPhases) {
  RetryPolicy policy;
  policy.min_delay = std::chrono::seconds(2);
  policy.max_delay = std::chrono::seconds(10);
  policy.retries = 9;
  policy.without_delay = 2;
  policy.with_min_delay = 2;
  policy.with_max_delay = 2;
  EXPECT_EQ(delays(policy), (std::vector<long>{0, 0, 2'000, 2'000, 2'000, 6'000, 10'000, 10'000, 10'000}));
}

TEST(DeliveryPolicy, BacksOffByItsFunction) {
  EXPECT_EQ(delays(policy_with(Backoff::kLinear)), (std::vector<long>{1'000, 4'750, 8'500, 12'250, 16'000}));
  EXPECT_EQ(delays(policy_with(Backoff::kGeometric)),
            (std::vector<long>{1'000, 2'000, 4'000, 8'000, 16'000}));
  for (const Backoff backoff : {Backoff::kArithmetic, Backoff::kExponential}) {
    const std::vector<long> found = delays(policy_with(backoff));
    EXPECT_EQ(found.front(), 1'000);
    EXPECT_EQ(found.back(), 16'000);
    for (std::size_t i = 1; i < found.size(); ++i) EXPECT_LT(found[i - 1], found[i]);
  }
}

TEST(DeliveryPolicy, OfTheTopicHoldsUnlessTheSubscriptionHasItsOwn) {
  const DeliveryPolicy topic = parse_topic_policy(
      R"({"http": {"defaultHealthyRetryPolicy": {"numRetries": 7}, "defaultThrottlePolicy": {"maxReceivesPerSecond": 3}}})");
  const DeliveryPolicy own = parse_subscription_policy(R"({"healthyRetryPolicy": {"numRetries": 1}})");
  EXPECT_EQ(effective_policy(topic, {}).retry.retries, 7U);
  EXPECT_EQ(effective_policy(topic, own).retry.retries, 1U);
  EXPECT_EQ(effective_policy(topic, own).max_receives_per_second, 3U);
  DeliveryPolicy strict = topic;
  strict.overrides_subscriptions = true;
  EXPECT_EQ(effective_policy(strict, own).retry.retries, 7U);
}

TEST(DeliveryPolicy, RefusesWhatIsNone) {
  for (const char* text : {"[]", "{", R"({"http": 1})", R"({"https": {}})",
                           R"({"http": {"defaultHealthyRetryPolicy": {"numRetries": -1}}})",
                           R"({"http": {"defaultHealthyRetryPolicy": {"numRetries": 1.5}}})",
                           R"({"http": {"disableSubscriptionOverrides": "yes"}})",
                           R"({"http": {"defaultThrottlePolicy": {"maxReceivesPerSecond": 0}}})",
                           R"({"http": {"defaultRequestPolicy": {"headerContentType": "image/png"}}})"})
    EXPECT_THROW(parse_topic_policy(text), aws::Error) << text;
  EXPECT_THROW(parse_subscription_policy(R"({"http": {}})"), aws::Error);
  EXPECT_NO_THROW(parse_subscription_policy(R"({"healthyRetryPolicy": null, "sicklyRetryPolicy": null})"));
}

}  // namespace
}  // namespace martlet::sns
