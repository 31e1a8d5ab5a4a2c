#include "services/sqs/attributes.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace martlet::sqs {

namespace {

/// The code of the error that setting these ends in; "" for none.
std::string refusal(const AttributeMap& changes, bool fifo = false) {
  AttributeMap attributes;
  try {
    apply_attributes(attributes, changes, fifo);
  } catch (const aws::Error& error) {
    return error.code();
  }
  return "";
}

TEST(QueueAttributes, WhatHoldsWithoutAny) {
  const QueueSettings settings = settings_of({});
  EXPECT_EQ(settings.delay_seconds, 0);
  EXPECT_EQ(settings.maximum_message_size, 1'048'576);
  EXPECT_EQ(settings.retention_seconds, 345'600);
  EXPECT_EQ(settings.wait_seconds, 0);
  EXPECT_EQ(settings.visibility_seconds, 30);
  EXPECT_FALSE(settings.redrive);
  EXPECT_TRUE(settings.redrive_allow.allows("arn:aws:sqs:us-east-1:000000000000:any"));
}

TEST(QueueAttributes, WhatIsEmptyIsRemoved) {
  AttributeMap attributes{{"KmsMasterKeyId", "key"}, {"Policy", R"({"Statement":[]})"}};
  apply_attributes(attributes, {{"KmsMasterKeyId", ""}, {"Policy", ""}}, false);
  EXPECT_EQ(attributes, AttributeMap{});
}

TEST(QueueAttributes, ARefusalChangesNothingThatIsStored) {
  EXPECT_EQ(refusal({{"DelaySeconds", "901"}}), "InvalidAttributeValue");
  EXPECT_EQ(refusal({{"DelaySeconds", "1 "}}), "InvalidAttributeValue");
  EXPECT_EQ(refusal({{"Nonsense", "1"}}), "InvalidAttributeName");
  EXPECT_EQ(refusal({{"QueueArn", "1"}}), "InvalidAttributeName");
  EXPECT_EQ(refusal({{"ContentBasedDeduplication", "true"}}), "InvalidAttributeName");
  EXPECT_EQ(refusal({{"ContentBasedDeduplication", "true"}}, true), "");
  EXPECT_EQ(refusal({{"FifoThroughputLimit", "perMessageGroupId"}}, true), "InvalidAttributeValue");
  EXPECT_EQ(
      refusal({{"FifoThroughputLimit", "perMessageGroupId"}, {"DeduplicationScope", "messageGroup"}}, true),
      "");
  EXPECT_EQ(refusal({{"KmsMasterKeyId", "key"}, {"SqsManagedSseEnabled", "true"}}), "InvalidAttributeValue");
  EXPECT_EQ(refusal({{"Policy", "{"}}), "InvalidAttributeValue");
}

TEST(QueueAttributes, JsonIsComparedByContent) {
  EXPECT_TRUE(same_value(R"({"a":1,"b":2})", R"({ "b": 2, "a": 1 })"));
  EXPECT_FALSE(same_value(R"({"a":1})", R"({"a":2})"));
  EXPECT_TRUE(same_value("x", "x"));
  EXPECT_FALSE(same_value("x", "y"));
}

TEST(Redrive, PoliciesAreRead) {
  const std::string arn = "arn:aws:sqs:us-east-1:000000000000:dead";
  for (const char* count : {"3", "\"3\""}) {
    const RedrivePolicy policy =
        parse_redrive_policy(R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":)" + count + "}");
    EXPECT_EQ(policy.most_receives, 3U);
    EXPECT_EQ(policy.target, (QueueName{"000000000000", "us-east-1", "dead"}));
  }
  for (const char* count : {"0", "1001", "-1", "1.5", "\"x\"", "null", "[]"})
    EXPECT_THROW(
        parse_redrive_policy(R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":)" + count + "}"),
        aws::Error)
        << count;
}

TEST(Redrive, WhoIsAllowed) {
  const std::string source = "arn:aws:sqs:us-east-1:000000000000:orders";
  EXPECT_FALSE(parse_redrive_allow_policy(R"({"redrivePermission":"denyAll"})").allows(source));
  const RedriveAllowPolicy some =
      parse_redrive_allow_policy(R"({"redrivePermission":"byQueue","sourceQueueArns":[")" + source + "\"]}");
  EXPECT_TRUE(some.allows(source));
  EXPECT_FALSE(some.allows(source + "2"));
}

}  // namespace

}  // namespace martlet::sqs
