#include "services/sns/filter_policy.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace martlet::sns {
namespace {

std::size_t combinations(std::string_view json) { return size_of_filter_policy(json).combinations; }

TEST(FilterPolicy, CountsCombinationsAsTheProductOfItsValues) {
  EXPECT_EQ(combinations(R"({"a": ["1", "2", "3"], "b": ["1", "2"]})"), 6U);
  EXPECT_EQ(size_of_filter_policy(R"({"a": ["1"], "b": {"c": ["1"], "d": ["1"]}})").keys, 3U);
}

TEST(FilterPolicy, CountsNestedValuesOnceForEachLevel) {
  // 4 values at the third level, 3 at the second, 3 at the first: (4 x 3) x (3 x 2) x (3 x 1).
  EXPECT_EQ(combinations(R"({"a": {"b": {"c": [1, 2, 3, 4]}}, "d": {"e": [1, 2, 3]}, "f": [1, 2, 3]})"),
            216U);
}

TEST(FilterPolicy, AddsAlternativesUp) {
  EXPECT_EQ(combinations(R"({"s": ["x"], "$or": [{"a": ["1", "2"]}, {"b": ["1", "2", "3"]}]})"), 5U);
}

TEST(FilterPolicy, HasLimits) {
  const auto problem = [](const std::string& json, FilterScope scope) {
    try {
      compile_filter_policy(json, scope);
      return std::string();
    } catch (const aws::Error& error) {
      EXPECT_EQ(error.code(), "InvalidParameter");
      return error.message();
    }
  };
  const std::string five = R"({"a": ["1"], "b": ["1"], "c": ["1"], "d": ["1"], "e": ["1"])";
  EXPECT_EQ(problem(five + "}", FilterScope::kAttributes), "");
  EXPECT_EQ(problem(five + R"(, "f": ["1"]})", FilterScope::kAttributes),
            "Invalid parameter: FilterPolicy: Filter policy can not have more than 5 keys");
  std::string values;
  for (int number = 0; number < 150; ++number) values += (number == 0 ? "" : ",") + std::to_string(number);
  EXPECT_EQ(problem("{\"a\": [" + values + "]}", FilterScope::kAttributes), "");
  EXPECT_EQ(problem("{\"a\": [" + values + ",150]}", FilterScope::kAttributes),
            "Invalid parameter: FilterPolicy: Filter policy is too complex");
  EXPECT_NE(problem(R"({"a": {"b": ["c"]}})", FilterScope::kAttributes), "");
  EXPECT_EQ(problem(R"({"a": {"b": ["c"]}})", FilterScope::kBody), "");
}

}  // namespace
}  // namespace martlet::sns
