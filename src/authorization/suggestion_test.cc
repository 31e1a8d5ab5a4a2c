#include "authorization/suggestion.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "policy/document.h"

namespace martlet::authorization {
namespace {

constexpr const char* kSession = "arn:aws:sts::123456789012:assumed-role/r/f";
constexpr const char* kGroup = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f";

bool has_note(const Suggestion& suggestion, std::string_view part) {
  for (const std::string& note : suggestion.notes)
    if (note.contains(part)) return true;
  return false;
}

TEST(Suggestion, CoversWhatWasSeenAndNoMore) {
  Usage usage(from_epoch_ms(1'700'000'000'000));
  EXPECT_EQ(suggest(usage, "f").policy, "");
  for (int i = 0; i < 2; ++i) {
    usage.record(kSession, "SQS:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:a");
    usage.record(kSession, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:b");
    usage.record(kSession, "lambda:ListFunctions", "*");
  }
  usage.record("arn:aws:sts::123456789012:assumed-role/r/other", "iam:*", "*");
  const Suggestion suggestion = suggest(usage, "f");
  EXPECT_EQ(suggestion.policy, R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "lambda:ListFunctions"
      ],
      "Resource": [
        "*"
      ]
    },
    {
      "Effect": "Allow",
      "Action": [
        "sqs:SendMessage"
      ],
      "Resource": [
        "arn:aws:sqs:eu-west-1:123456789012:a",
        "arn:aws:sqs:eu-west-1:123456789012:b"
      ]
    }
  ]
})");
  EXPECT_NO_THROW(policy::Policy::parse(suggestion.policy));
  EXPECT_TRUE(has_note(suggestion, "What f was seen to do as r since 2023-11-14T22:13:20Z"))
      << suggestion.notes.front();
  EXPECT_FALSE(has_note(suggestion, "AWSLambdaBasicExecutionRole"));
  usage.clear(from_epoch_ms(1'800'000'000'000));
  EXPECT_EQ(suggest(usage, "f").policy, "");
}

TEST(Suggestion, StreamsOfAGroupAreOneResourceWhichTheBasicRoleCovers) {
  Usage usage(from_epoch_ms(0));
  const std::string stream = kGroup + std::string(":log-stream:");
  usage.record(kSession, "logs:CreateLogGroup", stream);
  for (int i = 0; i < 3; ++i) {
    usage.record(kSession, "logs:CreateLogStream", stream + std::to_string(i));
    usage.record(kSession, "logs:PutLogEvents", stream + std::to_string(i));
  }
  const Suggestion suggestion = suggest(usage, "f");
  EXPECT_TRUE(suggestion.policy.contains("\"" + std::string(kGroup) + ":*\"")) << suggestion.policy;
  EXPECT_FALSE(suggestion.policy.contains("log-stream")) << suggestion.policy;
  EXPECT_EQ(suggestion.policy.find("Effect"), suggestion.policy.rfind("Effect"));
  EXPECT_TRUE(has_note(suggestion, "AWSLambdaBasicExecutionRole"));
}

TEST(Suggestion, TellsOfSeveralRolesAndOfWhatDidNotFit) {
  Usage usage(from_epoch_ms(0));
  usage.record("arn:aws:sts::123456789012:assumed-role/r1/f", "sqs:ListQueues", "*");
  usage.record("arn:aws:sts::123456789012:assumed-role/r2/f", "sns:ListTopics", "*");
  for (std::size_t i = 0; i < Usage::kMaxUsesOfOne; ++i)
    usage.record("arn:aws:sts::123456789012:assumed-role/r2/f", "service:Action" + std::to_string(i), "*");
  const Suggestion suggestion = suggest(usage, "f");
  EXPECT_TRUE(has_note(suggestion, "as r1, r2 since"));
  EXPECT_TRUE(has_note(suggestion, "no room to remember 1 other"));
  EXPECT_TRUE(has_note(suggestion, "longer than the inline policies"));
}

}  // namespace
}  // namespace martlet::authorization
