// Filter policies of SNS: message attributes and bodies.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "patterns/tables_test.h"

namespace martlet::patterns {
namespace {

struct AttributeRow {
  std::string_view policy;
  std::vector<Attribute> attributes;
  Expect expected;
};

void expect_attribute_rows(const std::vector<AttributeRow>& rows) {
  for (const AttributeRow& row : rows) {
    std::string about(row.policy);
    for (const Attribute& each : row.attributes) {
      about += fmt::format("  {} ({}) {}", each.name, each.type, each.value);
    }
    expect_match(Pattern::parse(row.policy, Dialect::kSnsAttributes), Event::from_attributes(row.attributes),
                 row.expected, about);
  }
}

TEST(SnsAttributesPolicy, ComparesStrings) {
  expect_attribute_rows({
      {R"({"k":["rugby","tennis"]})", {{"k", "String", "rugby"}}, kYes},
      {R"({"k":["rugby","tennis"]})", {{"k", "String", "baseball"}}, kNo},
      {R"({"k":["rugby","tennis"]})", {{"k", "String", "Rugby"}}, kNo},
      {R"({"k":["rugby","tennis"]})", {}, kNo},
      {R"({"k":["rugby"],"l":["x"]})", {{"k", "String", "rugby"}, {"l", "String", "x"}}, kYes},
      {R"({"k":["rugby"],"l":["x"]})", {{"k", "String", "rugby"}}, kNo},
      {R"({"k":["rugby"]})", {{"k", "String.sport", "rugby"}}, kYes},
      {R"({"k":["rugby"]})", {{"k", "Binary", "rugby"}}, kNo},
      {R"({"k":["rugby"]})", {{"k", "Stringy", "rugby"}}, kNo},
      // Quotation marks and backslashes are escaped twice.
      {R"({"k":["say \\\"hi\\\""]})", {{"k", "String", R"(say "hi")"}}, kYes},
      {R"({"k":["say \"hi\""]})", {{"k", "String", R"(say "hi")"}}, kNo},
      {R"({"k":["a\\\\b"]})", {{"k", "String", R"(a\b)"}}, kYes},
      {R"({"k":["a\\b"]})", {{"k", "String", R"(a\b)"}}, kNo},
      {R"({"k":["a/b'c"]})", {{"k", "String", "a/b'c"}}, kYes},
      {R"({"k":[{"prefix":"bas"}]})", {{"k", "String", "baseball"}}, kYes},
      {R"({"k":[{"suffix":"ball"}]})", {{"k", "String", "baseball"}}, kYes},
      {R"({"k":[{"suffix":"ball"}]})", {{"k", "String", "rugby"}}, kNo},
      {R"({"k":[{"equals-ignore-case":"tennis"}]})", {{"k", "String", "TENNIS"}}, kYes},
      {R"({"k":[{"wildcard":"*ball"}]})", {{"k", "String", "baseball"}}, kYes},
      {R"({"k":[{"cidr":"10.0.0.0/24"}]})", {{"k", "String", "10.0.0.255"}}, kYes},
      {R"({"k":[{"cidr":"10.0.0.0/24"}]})", {{"k", "String", "10.1.1.0"}}, kNo},
      {R"({"k":[{"anything-but":["rugby","tennis"]}]})", {{"k", "String", "baseball"}}, kYes},
      {R"({"k":[{"anything-but":["rugby","tennis"]}]})", {{"k", "String", "rugby"}}, kNo},
      {R"({"k":[{"anything-but":["rugby","tennis"]}]})", {}, kNo},
      {R"({"k":[{"anything-but":{"prefix":"order-"}}]})", {{"k", "String", "data-entry"}}, kYes},
      {R"({"k":[{"anything-but":{"prefix":"order-"}}]})", {{"k", "String", "order-1"}}, kNo},
      {R"({"k":[{"anything-but":{"suffix":"ball"}}]})", {{"k", "String", "baseball"}}, kNo},
      {R"({"k":["rugby",{"prefix":"bas"},{"numeric":["=",7]}]})", {{"k", "Number", "7"}}, kYes},
  });
}

TEST(SnsAttributesPolicy, ComparesArrays) {
  constexpr std::string_view kArray = "String.Array";
  expect_attribute_rows({
      {R"({"k":["rugby","tennis"]})", {{"k", kArray, R"(["rugby","golf"])"}}, kYes},
      {R"({"k":["rugby","tennis"]})", {{"k", kArray, R"(["baseball"])"}}, kNo},
      {R"({"k":["rugby","tennis"]})", {{"k", kArray, "[]"}}, kNo},
      {R"({"k":[{"anything-but":["rugby","tennis"]}]})", {{"k", kArray, R"(["rugby","baseball"])"}}, kYes},
      {R"({"k":[{"anything-but":["rugby","tennis"]}]})", {{"k", kArray, R"(["rugby"])"}}, kNo},
      {R"({"k":[null]})", {{"k", kArray, R"([1,null])"}}, kYes},
      {R"({"k":[true]})", {{"k", kArray, R"([true])"}}, kYes},
      {R"({"k":["true"]})", {{"k", kArray, R"([true])"}}, kNo},
      {R"({"k":[100]})", {{"k", kArray, R"(["x",100])"}}, kYes},
      {R"({"k":[{"numeric":[">",5]}]})", {{"k", kArray, R"([1,10])"}}, kYes},
      {R"({"k":["x"]})", {{"k", kArray, "no array"}}, kNo},
      {R"({"k":["x"]})", {{"k", kArray, R"({"a":"x"})"}}, kNo},
      {R"({"k":[{"exists":false}]})", {{"k", kArray, "no array"}}, kYes},
  });
}

TEST(SnsAttributesPolicy, ComparesNumbers) {
  expect_attribute_rows({
      {R"({"k":[{"numeric":["=",301.5]}]})", {{"k", "Number", "301.5"}}, kYes},
      {R"({"k":[{"numeric":["=",301.5]}]})", {{"k", "Number", "3.015e2"}}, kYes},
      {R"({"k":[{"numeric":["=",301.5]}]})", {{"k", "Number.price", "301.50"}}, kYes},
      {R"({"k":[{"numeric":["=",301.5]}]})", {{"k", "String", "301.5"}}, kNo},
      {R"({"k":[100]})", {{"k", "Number", "100.0"}}, kYes},
      {R"({"k":[100]})", {{"k", "String", "100"}}, kNo},
      {R"({"k":["100"]})", {{"k", "Number", "100"}}, kNo},
      {R"({"k":[{"anything-but":[100,500]}]})", {{"k", "Number", "101"}}, kYes},
      {R"({"k":[{"anything-but":[100,500]}]})", {{"k", "Number", "100.0"}}, kNo},
      {R"({"k":[{"numeric":["<",0]}]})", {{"k", "Number", "-1"}}, kYes},
      {R"({"k":[{"numeric":[">",0,"<=",150]}]})", {{"k", "Number", "150"}}, kYes},
      {R"({"k":[{"numeric":[">",0,"<=",150]}]})", {{"k", "Number", "151"}}, kNo},
      {R"({"k":[{"numeric":[">",0]}]})", {{"k", "Number", "1000000000"}}, kYes},
      {R"({"k":[{"numeric":[">",0]}]})", {{"k", "Number", "1000000001"}}, kNo},
      {R"({"k":[{"numeric":[">",0]}]})", {{"k", "Number", "many"}}, kNo},
      {R"({"k":[{"numeric":[">",0]}]})", {{"k", "Number", ""}}, kNo},
      {R"({"k":[{"numeric":[">",0]}]})", {{"k", "Number", "inf"}}, kNo},
  });
}

TEST(SnsAttributesPolicy, KnowsPresenceAndOr) {
  expect_attribute_rows({
      {R"({"k":[{"exists":true}]})", {{"k", "String", ""}}, kYes},
      {R"({"k":[{"exists":true}]})", {{"l", "String", "x"}}, kNo},
      {R"({"k":[{"exists":false}]})", {{"l", "String", "x"}}, kYes},
      {R"({"k":[{"exists":false}]})", {}, kYes},
      {R"({"k":[{"exists":false}]})", {{"k", "String", "x"}}, kNo},
      {R"({"k":[{"exists":false}]})", {{"k", "Binary", "x"}}, kYes},
      {R"({"a":["x"],"$or":[{"b":["y"]},{"c":["z"]}]})", {{"a", "String", "x"}, {"c", "String", "z"}}, kYes},
      {R"({"a":["x"],"$or":[{"b":["y"]},{"c":["z"]}]})", {{"a", "String", "x"}, {"c", "String", "y"}}, kNo},
      {"{}", {}, kYes},
      {"{}", {{"k", "String", "x"}}, kYes},
  });
}

TEST(SnsBodyPolicy, LooksIntoBodies) {
  constexpr Row kRows[] = {
      {R"({"a":["x"]})", R"({"a":"x"})", kYes},
      {R"({"a":["x"]})", R"({"a":["x","y"]})", kYes},
      {R"({"a":["x"]})", "x", kNo},
      {R"({"a":["x"]})", R"(["x"])", kNo},
      {R"({"a":[{"exists":false}]})", "x", kNo},
      {R"({"a":[{"exists":false}]})", "{}", kYes},
      {R"({"a":{"b":["x"]},"c":[true]})", R"({"a":{"b":"x"},"c":true})", kYes},
      {R"({"a":{"b":["x"],"c":["y"]}})", R"({"a":[{"b":"x"},{"c":"y"}]})", kNo},
      {R"({"a":{"b":["x"],"c":["y"]}})", R"({"a":[{"b":"x","c":"y"}]})", kYes},
      {R"({"a":[100]})", R"({"a":100.0})", kYes},
      {R"({"a":[100]})", R"({"a":1e2})", kYes},
      {R"({"a":[100]})", R"({"a":"100"})", kNo},
      {R"({"a":[2000000000]})", R"({"a":2000000000})", kYes},
      {R"({"a":[null]})", R"({"a":null})", kYes},
      {R"({"a":[{"numeric":[">=",310.643,"<=",350]}]})", R"({"a":[310.643]})", kYes},
      {R"({"a":{"$or":[{"b":["x"]},{"c":["y"]}]}})", R"({"a":{"c":"y"}})", kYes},
      {R"({"a":[{"anything-but":{"wildcard":"*ball"}}]})", R"({"a":"football"})", kNo},
  };
  expect_rows(Dialect::kSnsBody, kRows);
}

TEST(SnsPolicy, IsRefusedWithReasons) {
  constexpr RefusedRow kRows[] = {
      {"x", "FilterPolicy: failed to parse JSON"},
      {R"(["x"])", "FilterPolicy: Filter is not an object"},
      {R"({"a":"x"})", R"(FilterPolicy: "a" must be an object or an array)"},
      {R"({"a":[]})", "FilterPolicy: Empty arrays are not allowed"},
      {R"({"a":[["x"]]})", "FilterPolicy: Match value must be String, number, true, false, or null"},
      {R"({"a":[{"like":"x"}]})", "FilterPolicy: Unrecognized match type like"},
      {R"({"a":[{"exists":"no"}]})", "FilterPolicy: exists match pattern must be either true or false."},
      {R"({"a":[{"numeric":["=",1000000001]}]})",
       "FilterPolicy: Value must be between -1.0E9 and 1.0E9, inclusive"},
      {R"({"a":[{"prefix":{"equals-ignore-case":"x"}}]})",
       "FilterPolicy: prefix match pattern must be a string"},
      {R"({"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]})",
       "FilterPolicy: Filter policy can not have more than 5 keys"},
  };
  expect_refused(Dialect::kSnsAttributes, kRows);
  expect_refused(Dialect::kSnsBody, kRows);
  constexpr RefusedRow kNested[] = {
      {R"({"a":{"b":["x"]}})",
       "FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy"},
  };
  expect_refused(Dialect::kSnsAttributes, kNested);
  EXPECT_NO_THROW((void)Pattern::parse(R"({"a":{"b":["x"]}})", Dialect::kSnsBody));
}

std::string values(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ",", i);
  }
  return "[" + list + "]";
}

TEST(SnsPolicy, HasAtMost150Combinations) {
  constexpr std::string_view kTooComplex = "FilterPolicy: Filter policy is too complex";
  const auto refused = [&](Dialect dialect, const std::string& policy) {
    expect_refused(dialect, std::array{RefusedRow{policy, kTooComplex}});
  };
  const auto allowed = [](Dialect dialect, const std::string& policy) {
    expect_allowed(dialect, std::array{std::string_view(policy)});
  };
  allowed(Dialect::kSnsAttributes, fmt::format(R"({{"a":{}}})", values(150)));
  refused(Dialect::kSnsAttributes, fmt::format(R"({{"a":{}}})", values(151)));
  allowed(Dialect::kSnsAttributes,
          fmt::format(R"({{"a":{},"b":{},"c":{}}})", values(5), values(5), values(6)));
  refused(Dialect::kSnsAttributes,
          fmt::format(R"({{"a":{},"b":{},"c":{}}})", values(5), values(5), values(7)));
  // The depth of a leaf counts, too: (4 x 3) x (3 x 2) x (2 x 1) is 144, with 3 values in the last it is 216.
  const auto nested = [](int last) {
    return fmt::format(R"({{"a":{{"b":{{"c":{}}}}},"d":{{"e":{}}},"f":{}}})", values(4), values(3),
                       values(last));
  };
  allowed(Dialect::kSnsBody, nested(2));
  refused(Dialect::kSnsBody, nested(3));
  // Choices add up.
  const auto choices = [](int first, int second) {
    return fmt::format(R"({{"a":{},"$or":[{{"b":{}}},{{"c":{}}}]}})", values(5), values(first),
                       values(second));
  };
  allowed(Dialect::kSnsAttributes, choices(10, 20));
  refused(Dialect::kSnsAttributes, choices(10, 21));
}

TEST(SnsPolicy, HasAtMost256KiB) {
  const auto policy = [](std::size_t size) { return R"({"a":[")" + std::string(size - 11, 'x') + R"("] })"; };
  EXPECT_NO_THROW((void)Pattern::parse(policy(std::size_t{256} * 1024), Dialect::kSnsBody));
  EXPECT_THROW((void)Pattern::parse(policy(std::size_t{256} * 1024 + 1), Dialect::kSnsBody), InvalidPattern);
}

}  // namespace
}  // namespace martlet::patterns
