// Which patterns EventBridge does not accept, and how it says so.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "patterns/tables_test.h"

namespace martlet::patterns {
namespace {

constexpr Dialect kDialect = Dialect::kEventBridge;

/// With what comes before each reason.
void expect_reasons(std::span<const RefusedRow> rows) {
  for (const RefusedRow& row : rows) {
    const std::string message = fmt::format("Event pattern is not valid. Reason: {}", row.message);
    expect_refused(kDialect, std::array{RefusedRow{row.pattern, message}});
  }
}

TEST(PatternRefusals, NameTheStructure) {
  constexpr RefusedRow kRows[] = {
      {"", "Filter is not valid JSON"},
      {"{", "Filter is not valid JSON"},
      {R"({"a":["x"],})", "Filter is not valid JSON"},
      {R"({"a":["x"]} {})", "Filter is not valid JSON"},
      {"[]", "Filter is not an object"},
      {R"("a")", "Filter is not an object"},
      {"{}", "Empty objects are not allowed"},
      {R"({"a":{}})", "Empty objects are not allowed"},
      {R"({"a":[]})", "Empty arrays are not allowed"},
      {R"({"a":"x"})", R"("a" must be an object or an array)"},
      {R"({"a":1})", R"("a" must be an object or an array)"},
      {R"({"a":{"b":null}})", R"("b" must be an object or an array)"},
      {R"({"a":[["x"]]})", "Match value must be String, number, true, false, or null"},
      {R"({"a":[{}]})", "Empty objects are not allowed"},
      {R"({"a":[{"prefix":"a","suffix":"b"}]})", "Only one key allowed in match expression"},
      {R"({"a":[{"begins":"a"}]})", "Unrecognized match type begins"},
      {R"({"a":[{"Prefix":"a"}]})", "Unrecognized match type Prefix"},
  };
  expect_reasons(kRows);
}

TEST(PatternRefusals, NameTheOperator) {
  constexpr RefusedRow kRows[] = {
      {R"({"a":[{"prefix":1}]})", "prefix match pattern must be a string"},
      {R"({"a":[{"prefix":["a"]}]})", "prefix match pattern must be a string"},
      {R"({"a":[{"prefix":{"wildcard":"a"}}]})", "Unsupported prefix pattern: wildcard"},
      {R"({"a":[{"prefix":{"equals-ignore-case":1}}]})", "equals-ignore-case match pattern must be a string"},
      {R"({"a":[{"suffix":null}]})", "suffix match pattern must be a string"},
      {R"({"a":[{"equals-ignore-case":["a"]}]})", "equals-ignore-case match pattern must be a string"},
      {R"({"a":[{"wildcard":1}]})", "wildcard match pattern must be a string"},
      {R"({"a":[{"wildcard":"a**b"}]})", "Consecutive wildcard characters at pos 1"},
      {R"({"a":[{"wildcard":"a\\b"}]})", "Invalid escape character at pos 1"},
      {R"({"a":[{"wildcard":"a\\"}]})", "Invalid escape character at pos 1"},
      {R"({"a":[{"exists":"true"}]})", "exists match pattern must be either true or false."},
      {R"({"a":[{"exists":null}]})", "exists match pattern must be either true or false."},
      {R"({"a":[{"anything-but":null}]})",
       "Value of anything-but must be an array or single string/number value."},
      {R"({"a":[{"anything-but":true}]})",
       "Value of anything-but must be an array or single string/number value."},
      {R"({"a":[{"anything-but":[]}]})", "Empty arrays are not allowed"},
      {R"({"a":[{"anything-but":["a",1]}]})",
       "Inside anything but list, either all values are number or string, mixed type is not supported"},
      {R"({"a":[{"anything-but":{"numeric":["=",1]}}]})", "Unsupported anything-but pattern: numeric"},
      {R"({"a":[{"anything-but":{"prefix":""}}]})", "Null prefix/suffix not allowed"},
      {R"({"a":[{"anything-but":{"prefix":1}}]})", "prefix match pattern must be a string"},
      {R"({"a":[{"anything-but":{"prefix":[]}}]})", "Empty arrays are not allowed"},
      {R"({"a":[{"anything-but":{}}]})", "Only one key allowed in match expression"},
      {R"({"a":[{"cidr":1}]})", "cidr match pattern must be a string"},
      {R"({"a":[{"cidr":"10.0.0.0"}]})", "Malformed CIDR, one '/' required"},
      {R"({"a":[{"cidr":"10.0.0.0/8/8"}]})", "Malformed CIDR, one '/' required"},
      {R"({"a":[{"cidr":"10.0.0.0/x"}]})", "Malformed CIDR, mask bits must be an integer"},
      {R"({"a":[{"cidr":"10.0.0.0/-1"}]})", "Malformed CIDR, mask bits must be an integer"},
      {R"({"a":[{"cidr":"10.0.0.0/33"}]})", "Malformed CIDR, mask bits must not be greater than 32"},
      {R"({"a":[{"cidr":"::/129"}]})", "Malformed CIDR, mask bits must not be greater than 128"},
      {R"({"a":[{"cidr":"10.0.0/8"}]})", "Malformed CIDR, invalid IP address"},
  };
  expect_reasons(kRows);
}

TEST(PatternRefusals, NameTheRange) {
  constexpr RefusedRow kRows[] = {
      {R"({"a":[{"numeric":1}]})", "Value of numeric must be an array."},
      {R"({"a":[{"numeric":[]}]})", "Invalid member in numeric match: ]"},
      {R"({"a":[{"numeric":[1]}]})", "Invalid member in numeric match: 1"},
      {R"({"a":[{"numeric":["!=",1]}]})", "Unrecognized numeric range operator: !="},
      {R"({"a":[{"numeric":["=="]}]})", "Unrecognized numeric range operator: =="},
      {R"({"a":[{"numeric":["<"]}]})", "Value of < must be numeric"},
      {R"({"a":[{"numeric":["<","1"]}]})", "Value of < must be numeric"},
      {R"({"a":[{"numeric":["=",1,"=",2]}]})", "Too many terms in numeric range expression"},
      {R"({"a":[{"numeric":["<",1,2]}]})", "Too many terms in numeric range expression"},
      {R"({"a":[{"numeric":[">",1,2]}]})", "Invalid member in numeric match: 2"},
      {R"({"a":[{"numeric":[">",1,"<"]}]})", "Value of < must be numeric"},
      {R"({"a":[{"numeric":["<",5,">",1]}]})", "Too many terms in numeric range expression"},
      {R"({"a":[{"numeric":[">",1,"<",5,"<",6]}]})", "Too many terms in numeric range expression"},
      {R"({"a":[{"numeric":[">",1,">",5]}]})", "Unrecognized numeric range operator: >"},
      {R"({"a":[{"numeric":[">",1,"=",5]}]})", "Unrecognized numeric range operator: ="},
      {R"({"a":[{"numeric":[">",5,"<",5]}]})", "Bottom must be less than top"},
      {R"({"a":[{"numeric":[">=",6,"<=",5]}]})", "Bottom must be less than top"},
      {R"({"a":[{"numeric":["=",5000000001]}]})", "Value must be between -5.0E9 and 5.0E9, inclusive"},
      {R"({"a":[{"numeric":["<",-1e10]}]})", "Value must be between -5.0E9 and 5.0E9, inclusive"},
      {R"({"a":[{"anything-but":1e10}]})", "Value must be between -5.0E9 and 5.0E9, inclusive"},
  };
  expect_reasons(kRows);
}

TEST(PatternRefusals, KnowTheLimits) {
  const std::string filling(4096 - 10, 'x');
  EXPECT_NO_THROW((void)Pattern::parse(R"({"a":[")" + filling + R"("]})", kDialect));
  EXPECT_THROW((void)Pattern::parse(R"({"a":[")" + filling + R"(x"]})", kDialect), InvalidPattern);
  // Characters, not bytes.
  std::string umlauts;
  for (int i = 0; i < 4000; ++i) {
    umlauts += "ä";
  }
  EXPECT_NO_THROW((void)Pattern::parse(R"({"a":[")" + umlauts + R"("]})", kDialect));

  const auto choices = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i) {
      list += fmt::format(R"({}{{"{}":[1]}})", i == 0 ? "" : ",", i);
    }
    return list;
  };
  const auto three = [&](int one, int two, int others) {
    return fmt::format(R"({{"a":{{"$or":[{}]}},"b":{{"$or":[{}]}},"c":{{"$or":[{}]}}}})", choices(one),
                       choices(two), choices(others));
  };
  EXPECT_NO_THROW((void)Pattern::parse(three(10, 10, 10), kDialect));
  const std::string complex = three(10, 10, 11);
  expect_reasons(std::array{RefusedRow{complex, "Rule is too complex"}});
  const std::string repeating = R"({"a":[{"wildcard":"*)" + std::string(200, 'a') + R"(*b"}]})";
  expect_reasons(
      std::array{RefusedRow{repeating,
                            "Rule is too complex - try using fewer wildcard characters or fewer repeating "
                            "character sequences after a wildcard character"}});
  EXPECT_NO_THROW((void)Pattern::parse(R"({"a":[{"wildcard":"*/a/*/b/*/c/*.png"}]})", kDialect));
}

TEST(PatternRefusals, DoNotHitOddNames) {
  constexpr std::string_view kPatterns[] = {
      R"({"prefix":["a"]})", R"({"exists":{"anything-but":["a"]}})",
      R"({"$or":["a"]})",    R"({"":["a"]})",
      R"({"a":[""]})",       R"({"a":[1e999]})",
      R"({"a":["x","x"]})",
  };
  expect_allowed(kDialect, kPatterns);
}

}  // namespace
}  // namespace martlet::patterns
