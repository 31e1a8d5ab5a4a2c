#include "policy/statement_text.h"

#include <gtest/gtest.h>

#include "policy/document.h"

namespace martlet::policy {
namespace {

TEST(StatementText, IsAsItWasWritten) {
  constexpr const char* kDocument = R"({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
    {"Sid": "Second", "Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:user/Ann"]},
     "NotAction": ["sqs:SendMessage", "SQS:Get*"], "Resource": "arn:aws:sqs:*:*:${aws:username}",
     "Condition": {"NumericLessThan": {"sqs:Age": 5}, "StringLike": {"aws:UserAgent": ["a*", "b"]}}}]})";
  const StatementText first = statement_text(kDocument, 0);
  EXPECT_EQ(first.effect, Effect::kAllow);
  EXPECT_EQ(first.sid, "");
  EXPECT_TRUE(first.principals.content.empty());
  EXPECT_FALSE(first.principals.negated);
  EXPECT_EQ(first.actions.content, std::vector<std::string>{"sqs:*"});
  const StatementText second = statement_text(kDocument, 1);
  EXPECT_EQ(second.effect, Effect::kDeny);
  EXPECT_EQ(second.sid, "Second");
  EXPECT_TRUE(second.principals.negated);
  EXPECT_EQ(second.principals.content, std::vector<std::string>{"arn:aws:iam::111122223333:user/Ann"});
  EXPECT_TRUE(second.actions.negated);
  EXPECT_EQ(second.actions.content, (std::vector<std::string>{"sqs:SendMessage", "SQS:Get*"}));
  EXPECT_EQ(second.resources.content, std::vector<std::string>{"arn:aws:sqs:*:*:${aws:username}"});
  ASSERT_EQ(second.conditions.size(), 2U);
  EXPECT_EQ(second.conditions[0].comparison, "NumericLessThan");
  EXPECT_EQ(second.conditions[0].key, "sqs:Age");
  EXPECT_EQ(second.conditions[0].values, std::vector<std::string>{"5"});
  EXPECT_EQ(second.conditions[1].values, (std::vector<std::string>{"a*", "b"}));
  EXPECT_THROW((void)statement_text(kDocument, 2), InvalidPolicy);
}

TEST(StatementText, OfAnOnlyStatementWithoutAList) {
  const StatementText text = statement_text(
      R"({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "a:b", "Resource": "r"}})", 0);
  EXPECT_EQ(text.principals.content, std::vector<std::string>{"*"});
  EXPECT_THROW((void)statement_text("{", 0), InvalidPolicy);
}

}  // namespace
}  // namespace martlet::policy
