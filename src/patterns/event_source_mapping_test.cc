// FilterCriteria of event source mappings: the operators that they have, and bodies that are JSON or plain
// strings.

#include <gtest/gtest.h>

#include "patterns/tables_test.h"

namespace martlet::patterns {
namespace {

constexpr Dialect kDialect = Dialect::kEventSourceMapping;

/// Rows whose event is the body of a message.
void expect_body_rows(std::span<const Row> rows) {
  for (const Row& row : rows) {
    const Pattern pattern = Pattern::parse(row.pattern, kDialect);
    const std::string about = std::string(row.pattern) + "  asked of the body  " + std::string(row.event);
    expect_match(pattern, Event::from_field("body", row.event), row.expected, about);
  }
}

TEST(EventSourceMappingFilter, LooksIntoBodiesThatAreJson) {
  constexpr Row kRows[] = {
      {R"({"body":{"a":["x"]}})", R"({"a":"x"})", kYes},
      {R"({"body":{"a":["x"]}})", " \n{\"a\": \"x\"}\n", kYes},
      {R"({"body":{"a":["x"]}})", R"({"a":"y"})", kNo},
      {R"({"body":{"a":[""]}})", R"({"a":""})", kYes},
      {R"({"body":{"a":[null]}})", R"({"a":null})", kYes},
      {R"({"body":{"a":[7]}})", R"({"a":7})", kYes},
      {R"({"body":{"a":[{"numeric":[">",5,"<=",10]}]}})", R"({"a":7})", kYes},
      {R"({"body":{"a":[{"numeric":["=",7]}]}})", R"({"a":7.0})", kYes},
      {R"({"body":{"a":[{"anything-but":["x","y"]}]}})", R"({"a":"z"})", kYes},
      {R"({"body":{"a":[{"anything-but":["x","y"]}]}})", R"({"a":"y"})", kNo},
      {R"({"body":{"a":[{"exists":true}]}})", R"({"a":0})", kYes},
      {R"({"body":{"a":[{"exists":false}]}})", R"({"b":0})", kYes},
      {R"({"body":{"a":[{"exists":false}]}})", R"({"a":0})", kNo},
      {R"({"body":{"a":[{"prefix":"us-"}]}})", R"({"a":"us-1"})", kYes},
      {R"({"body":{"a":[{"suffix":".png"}]}})", R"({"a":"a.png"})", kYes},
      {R"({"body":{"a":[{"equals-ignore-case":"alice"}]}})", R"({"a":"Alice"})", kYes},
      {R"({"body":{"a":[{"prefix":{"equals-ignore-case":"US"}}]}})", R"({"a":"us-1"})", kYes},
      {R"({"body":{"a":["x"],"b":["y"]}})", R"({"a":"x","b":"y"})", kYes},
      {R"({"body":{"a":["x"],"b":["y"]}})", R"({"a":"x","b":"z"})", kNo},
      {R"({"body":{"$or":[{"a":["x"]},{"b":["y"]}]}})", R"({"a":"z","b":"y"})", kYes},
      {R"({"$or":[{"body":{"a":["x"]}},{"body":{"b":["y"]}}]})", R"({"b":"y"})", kYes},
      {R"({"body":{"a":{"b":["x"]}}})", R"({"a":{"b":"x"}})", kYes},
      {R"({"body":{"a":{"b":["x"]}}})", R"({"a":"{\"b\":\"x\"}"})", kNo},
      {R"({"body":{"a":["x"]}})", R"([{"a":"y"},{"a":"x"}])", kYes},
  };
  expect_body_rows(kRows);
}

TEST(EventSourceMappingFilter, ComparesPlainStrings) {
  constexpr Row kRows[] = {
      {R"({"body":["hello"]})", "hello", kYes},
      {R"({"body":["hello"]})", "hello!", kNo},
      {R"({"body":[{"prefix":"hel"}]})", "hello", kYes},
      {R"({"body":[{"anything-but":["hello"]}]})", "good bye", kYes},
      {R"({"body":[""]})", "", kYes},
      {R"({"body":["{"]})", "{", kYes},
      {R"({"body":["{a}"]})", "{a}", kYes},
      {R"({"body":["123"]})", "123", kYes},
      {R"({"body":["true"]})", "true", kYes},
      {R"({"body":["\"quoted\""]})", R"("quoted")", kYes},
  };
  expect_body_rows(kRows);
}

TEST(EventSourceMappingFilter, DropsWhatIsOfTheOtherKind) {
  constexpr Row kRows[] = {
      // A plain string, a pattern for JSON.
      {R"({"body":{"a":["x"]}})", "x", kNo},
      {R"({"body":{"a":[{"exists":false}]}})", "x", kNo},
      {R"({"body":{"a":[{"exists":false}]}})", R"({"a":1)", kNo},
      {R"({"$or":[{"body":{"a":[{"exists":false}]}},{"body":["y"]}]})", "x", kNo},
      {R"({"$or":[{"body":{"a":[{"exists":false}]}},{"body":["y"]}]})", "y", kYes},
      // JSON, a pattern for a plain string.
      {R"({"body":["x"]})", R"({"a":"x"})", kNo},
      {R"({"body":["x"]})", R"(["x"])", kNo},
      {R"({"body":[{"exists":false}]})", R"({"a":"x"})", kNo},
      {R"({"body":[{"anything-but":["y"]}]})", R"({"a":"x"})", kNo},
      {R"({"body":[{"prefix":"{"}]})", R"({"a":"x"})", kNo},
      // No pattern for the body.
      {R"({"eventSource":[{"exists":false}]})", "x", kYes},
      {R"({"eventSource":[{"exists":false}]})", R"({"a":"x"})", kYes},
  };
  expect_body_rows(kRows);
}

TEST(EventSourceMappingFilter, LooksIntoWholeRecords) {
  const Event json =
      Event::from_json(R"({"messageId":"1","body":"{\"a\":\"x\",\"n\":[1,2]}","awsRegion":"r"})", "body");
  const Event plain = Event::from_json(R"({"messageId":"1","body":"hello \"you\"","awsRegion":"r"})", "body");
  const auto expect = [](const Event& event, std::string_view pattern, Expect expected) {
    expect_match(Pattern::parse(pattern, kDialect), event, expected, pattern);
  };
  expect(json, R"({"body":{"a":["x"],"n":[2]},"messageId":["1"]})", kYes);
  expect(json, R"({"body":{"a":["x"]},"messageId":["2"]})", kNo);
  expect(json, R"({"messageId":["1"]})", kYes);
  expect(json, R"({"body":["x"]})", kNo);
  expect(plain, R"({"body":["hello \"you\""]})", kYes);
  expect(plain, R"({"body":{"a":["x"]}})", kNo);
  expect(plain, R"({"awsRegion":["r"]})", kYes);

  // A field that is no string is what it is.
  expect(Event::from_json(R"({"body":{"a":"x"}})", "body"), R"({"body":{"a":["x"]}})", kYes);
  expect(Event::from_json(R"({"other":"x"})", "body"), R"({"body":[{"exists":false}]})", kYes);
  EXPECT_FALSE(Event::from_json("nothing", "body").valid());
}

TEST(EventSourceMappingFilter, HasFewerOperators) {
  constexpr std::string_view kMessage = "Invalid filter pattern definition.";
  constexpr RefusedRow kRows[] = {
      {"x", kMessage},
      {"{}", kMessage},
      {"[]", kMessage},
      {R"({"body":"x"})", kMessage},
      {R"({"body":{}})", kMessage},
      {R"({"body":[]})", kMessage},
      {R"({"body":{"a":"x"}})", kMessage},
      {R"({"body":{"a":[{"wildcard":"*x"}]}})", kMessage},
      {R"({"body":{"a":[{"cidr":"10.0.0.0/8"}]}})", kMessage},
      {R"({"body":{"a":[{"anything-but":{"prefix":"x"}}]}})", kMessage},
      {R"({"body":{"a":[{"anything-but":{"suffix":"x"}}]}})", kMessage},
      {R"({"body":{"a":[{"anything-but":{"wildcard":"*x"}}]}})", kMessage},
      {R"({"body":{"a":[{"numeric":["!",1]}]}})", kMessage},
      {R"({"body":{"a":[{"unknown":1}]}})", kMessage},
  };
  expect_refused(kDialect, kRows);
}

}  // namespace
}  // namespace martlet::patterns
