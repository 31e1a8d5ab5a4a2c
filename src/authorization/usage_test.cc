#include "authorization/usage.h"

#include <gtest/gtest.h>

#include "policy/document.h"

namespace martlet::authorization {
namespace {

TEST(Usage, TheLeastPolicyCoversWhatWasSeen) {
  Usage usage;
  EXPECT_EQ(usage.least_policy("f"), "");
  const std::string session = "arn:aws:sts::123456789012:assumed-role/r/f";
  for (int i = 0; i < 2; ++i) {
    usage.record(session, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:a");
    usage.record(session, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:b");
    usage.record(session, "lambda:ListFunctions", "*");
  }
  usage.record("arn:aws:sts::123456789012:assumed-role/r/other", "iam:*", "*");
  const std::string policy = usage.least_policy("f");
  EXPECT_EQ(policy, R"({
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["lambda:ListFunctions"], "Resource": ["*"]},
    {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["arn:aws:sqs:eu-west-1:123456789012:a", "arn:aws:sqs:eu-west-1:123456789012:b"]}
  ]
})");
  EXPECT_NO_THROW(policy::Policy::parse(policy));
  usage.clear();
  EXPECT_EQ(usage.least_policy("f"), "");
}

TEST(Usage, IsBounded) {
  Usage usage;
  for (std::size_t i = 0; i < Usage::kMaxUsesOfOne + 5; ++i)
    usage.record("a/f", "s:" + std::to_string(i), "*");
  EXPECT_EQ(usage.left_out(), 5);
  for (std::size_t i = 0; i < Usage::kMaxSessions + 5; ++i)
    usage.record("b/" + std::to_string(i), "s:a", "*");
  EXPECT_EQ(usage.left_out(), 5 + 6);
}

}  // namespace
}  // namespace martlet::authorization
