#include "policy/positions.h"

#include <gtest/gtest.h>

#include "policy/document.h"

namespace martlet::policy {
namespace {

using Positions = std::vector<StatementPosition>;

TEST(Positions, OfTheOnlyStatement) {
  EXPECT_EQ(statement_positions(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b"}})"),
            (Positions{{{1, 38}, {1, 70}}}));
}

TEST(Positions, OfSeveralOverLines) {
  EXPECT_EQ(statement_positions(
                "{\n  \"Statement\": [\n    {\"Sid\": \"a}\\\"]{\"},\n    {\"Condition\": {\"Bool\": {\"x\": "
                "[1]}}\n    }\n  ],\n  \"Id\": \"{Statement\"\n}"),
            (Positions{{{3, 6}, {3, 22}}, {{4, 6}, {5, 6}}}));
}

TEST(Positions, OfWhatIsParsed) {
  for (
      const char* document :
      {R"({"Id": "Statement", "Statement": [{"Effect": "Deny", "Action": ["a:b"]}, {"Effect": "Deny", "Action": "*"}]})",
       R"({"Statement": {"Effect": "Deny", "Action": "*"}, "Id": "x", "Version": "2012-10-17"})"}) {
    EXPECT_EQ(statement_positions(document).size(), Policy::parse(document)->statements().size()) << document;
  }
}

}  // namespace
}  // namespace martlet::policy
