#include "authorization/usage.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace martlet::authorization {
namespace {

TEST(Usage, SessionsOfOneNameAreOneFunction) {
  Usage usage(from_epoch_ms(1));
  usage.record("arn:aws:sts::123456789012:assumed-role/r/f", "sqs:SendMessage", "a");
  usage.record("arn:aws:sts::123456789012:assumed-role/s/f", "sqs:ReceiveMessage", "a");
  usage.record("arn:aws:sts::123456789012:assumed-role/s/g", "sqs:DeleteMessage", "a");
  const Usage::Seen seen = usage.seen("f");
  EXPECT_EQ(seen.sessions.size(), 2U);
  ASSERT_EQ(seen.by_resource.size(), 1U);
  EXPECT_EQ(seen.by_resource.at("a"), (Usage::Actions{"sqs:ReceiveMessage", "sqs:SendMessage"}));
  EXPECT_TRUE(usage.seen("").by_resource.empty());
  EXPECT_EQ(usage.since(), from_epoch_ms(1));
  usage.clear(from_epoch_ms(2));
  EXPECT_TRUE(usage.seen("f").by_resource.empty());
  EXPECT_EQ(usage.since(), from_epoch_ms(2));
}

TEST(Usage, OnlyLogStreamsAreBroughtTogether) {
  Usage usage(from_epoch_ms(0));
  usage.record("r/f", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:a:log-stream:b");
  usage.record("r/f", "logs:TagResource", "arn:aws:logs:eu-west-1:123456789012:log-group:g");
  const Usage::Seen seen = usage.seen("f");
  EXPECT_TRUE(seen.by_resource.contains("arn:aws:sqs:eu-west-1:123456789012:a:log-stream:b"));
  EXPECT_TRUE(seen.by_resource.contains("arn:aws:logs:eu-west-1:123456789012:log-group:g"));
}

TEST(Usage, IsBounded) {
  Usage usage(from_epoch_ms(0));
  for (std::size_t i = 0; i < Usage::kMaxUsesOfOne + 5; ++i)
    usage.record("a/f", "s:" + std::to_string(i), "*");
  EXPECT_EQ(usage.left_out(), 5);
  for (std::size_t i = 0; i < Usage::kMaxSessions + 5; ++i)
    usage.record("b/" + std::to_string(i), "s:a", "*");
  EXPECT_EQ(usage.left_out(), 5 + 6);
}

}  // namespace
}  // namespace martlet::authorization
