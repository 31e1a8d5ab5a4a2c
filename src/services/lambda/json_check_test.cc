#include "services/lambda/json_check.h"

#include <gtest/gtest.h>

namespace martlet::lambda {
namespace {

TEST(JsonCheck, AcceptsAnyDocument) {
  for (const char* text : {"{}", "null", "1", "\"x\"", " [1, 2.5e300, {\"a\": \"\\u00e9\"}] \n",
                           "123456789012345678901234567890"})
    EXPECT_EQ(json_problem(text), std::nullopt) << text;
}

TEST(JsonCheck, RefusesOthersWithAPosition) {
  for (const char* text : {"", " ", "{", "{}}", "{'a': 1}", "[1,]", "nul", "\"\xff\"", "1 2"})
    EXPECT_TRUE(json_problem(text)) << text;
  EXPECT_NE(json_problem("{\n  \"a\": x}")->find("line 2"), std::string::npos);
}

TEST(JsonCheck, BoundsTheDepth) {
  EXPECT_EQ(json_problem(std::string(900, '[') + std::string(900, ']')), std::nullopt);
  EXPECT_TRUE(json_problem(std::string(100'000, '[')));
}

}  // namespace
}  // namespace martlet::lambda
