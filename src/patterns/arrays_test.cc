// What patterns make of arrays in events, of members that are there twice, and of other odd events.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "patterns/tables_test.h"

namespace martlet::patterns {
namespace {

constexpr Dialect kDialect = Dialect::kEventBridge;

TEST(PatternArrays, MatchByAnyElement) {
  constexpr Row kRows[] = {
      {R"({"a":["x"]})", R"({"a":["x"]})", kYes},
      {R"({"a":["x"]})", R"({"a":["y","x"]})", kYes},
      {R"({"a":["x"]})", R"({"a":["y","z"]})", kNo},
      {R"({"a":["x"]})", R"({"a":[]})", kNo},
      {R"({"a":["x","y"]})", R"({"a":["z","y"]})", kYes},
      {R"({"a":["x"]})", R"({"a":[["y"],["x"]]})", kYes},
      {R"({"a":["x"]})", R"({"a":[[["x"]]]})", kYes},
      {R"({"a":[1]})", R"({"a":["1",2,1]})", kYes},
      {R"({"a":[null]})", R"({"a":[1,null]})", kYes},
      {R"({"a":[{"prefix":"x"}]})", R"({"a":["y","xy"]})", kYes},
      {R"({"a":[{"exists":true}]})", R"({"a":["y"]})", kYes},
      {R"({"a":[{"exists":true}]})", R"({"a":[]})", kNo},
      {R"({"a":[{"exists":false}]})", R"({"a":[]})", kYes},
      {R"({"a":[{"exists":false}]})", R"({"a":["x"]})", kNo},
      {R"({"a":[{"exists":false}]})", R"({"a":[{"b":1}]})", kYes},
      {R"({"a":["x"]})", R"({"a":[{"b":"x"}]})", kNo},
      {R"({"a":["x"]})", R"({"a":[{"b":"y"},"x"]})", kYes},
      {R"({"a":["x"],"b":["y"]})", R"({"a":["z","x"],"b":["y","z"]})", kYes},
  };
  expect_rows(kDialect, kRows);
}

TEST(PatternArrays, MatchWithinOneObject) {
  constexpr Row kRows[] = {
      {R"({"a":{"b":[1]}})", R"({"a":[{"b":1}]})", kYes},
      {R"({"a":{"b":[1]}})", R"({"a":[{"b":2},{"b":1}]})", kYes},
      {R"({"a":{"b":[1],"c":[2]}})", R"({"a":[{"b":1,"c":2}]})", kYes},
      {R"({"a":{"b":[1],"c":[2]}})", R"({"a":[{"b":1},{"c":2}]})", kNo},
      {R"({"a":{"b":[1],"c":[2]}})", R"({"a":[{"b":1,"c":3},{"b":2,"c":2}]})", kNo},
      {R"({"a":{"b":[1],"c":[2]}})", R"({"a":[{"b":2,"c":2},{"b":1,"c":2}]})", kYes},
      {R"({"a":{"b":[1],"c":[2]}})", R"({"a":[[{"b":1,"c":2}]]})", kYes},
      {R"({"a":{"b":[1],"c":[2]}})", R"({"a":[[{"b":1}],[{"c":2}]]})", kNo},
      {R"({"a":{"b":{"c":[1],"d":[2]}}})", R"({"a":[{"b":[{"c":1},{"d":2}]}]})", kNo},
      {R"({"a":{"b":{"c":[1],"d":[2]}}})", R"({"a":[{"b":{"c":1}},{"b":{"d":2}}]})", kNo},
      {R"({"a":{"b":{"c":[1],"d":[2]}}})", R"({"a":[{"b":[{"c":1,"d":2}]}]})", kYes},
      {R"({"a":{"x":[0],"b":{"c":[1]}}})", R"({"a":[{"x":0,"b":{"c":2}},{"x":1,"b":{"c":1}}]})", kNo},
      {R"({"a":{"x":[0],"b":{"c":[1]}}})", R"({"a":[{"x":1,"b":{"c":1}},{"x":0,"b":{"c":1}}]})", kYes},
      {R"({"a":{"b":[1]},"c":{"d":[2]}})", R"({"a":[{"b":3},{"b":1}],"c":[{"d":2},{"d":3}]})", kYes},
      {R"({"a":{"b":[1,2],"c":[3]}})", R"({"a":[{"b":[2,5],"c":[4,3]}]})", kYes},
      {R"({"a":{"$or":[{"b":[1]},{"c":[2]}]}})", R"({"a":[{"b":2},{"c":2}]})", kYes},
      {R"({"a":{"d":[0],"$or":[{"b":[1]},{"c":[2]}]}})", R"({"a":[{"d":0},{"c":2}]})", kNo},
      {R"({"a":{"d":[0],"$or":[{"b":[1]},{"c":[2]}]}})", R"({"a":[{"d":0,"c":2},{"c":2}]})", kYes},
      {R"({"a":{"b":[1]}})", R"({"a":["x",1,{"b":1}]})", kYes},
      {R"({"a":{"b":[1]}})", R"({"a":["x",1]})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(PatternArrays, AreSearchedForAbsentFields) {
  constexpr Row kRows[] = {
      {R"({"a":{"b":[{"exists":false}]}})", R"({"a":[]})", kYes},
      {R"({"a":{"b":[{"exists":false}]}})", R"({"a":[1,2]})", kYes},
      {R"({"a":{"b":[{"exists":false}]}})", R"({"a":[{"c":1}]})", kYes},
      {R"({"a":{"b":[{"exists":false}]}})", R"({"a":[{"c":1},{"b":1}]})", kNo},
      {R"({"a":{"b":[{"exists":false}],"c":[1]}})", R"({"a":[{"c":1},{"b":1}]})", kYes},
      {R"({"a":{"b":[{"exists":false}],"c":[1]}})", R"({"a":[{"c":1,"b":1},{"c":2}]})", kNo},
      {R"({"a":{"b":[{"exists":false},"x"]}})", R"({"a":[{"b":"y"},{}]})", kNo},
      {R"({"a":{"b":[{"exists":false},"x"]}})", R"({"a":[{"b":"y"},{"b":"x"}]})", kYes},
      {R"({"a":{"b":[{"exists":true}]}})", R"({"a":[{"c":1},{"b":null}]})", kYes},
      {R"({"a":{"b":[{"anything-but":"x"}]}})", R"({"a":[{"b":"x"},{"b":"y"}]})", kYes},
      {R"({"a":{"b":[{"anything-but":"x"}]}})", R"({"a":[{"b":"x"},{"c":"y"}]})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(PatternEvents, CountTheLastOfMembersWithOneName) {
  constexpr Row kRows[] = {
      {R"({"a":[2]})", R"({"a":1,"a":2})", kYes},
      {R"({"a":[1]})", R"({"a":1,"a":2})", kNo},
      {R"({"a":{"b":[1]}})", R"({"a":{"b":1},"a":{"c":1}})", kNo},
      {R"({"a":[1],"a":[2]})", R"({"a":2})", kYes},
      {R"({"a":[1],"a":[2]})", R"({"a":1})", kNo},
      {R"({"a":[5],"b":[5],"c":[5],"d":[5],"e":[{"exists":false}]})",
       R"({"a":1,"a":5,"b":5,"c":5,"d":1,"d":5})", kYes},
      {R"({"a":[1],"b":[5],"c":[5],"d":[5],"e":[{"exists":false}]})", R"({"a":1,"a":5,"b":5,"c":5,"d":5})",
       kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(PatternEvents, ThatAreNoObjectsMatchNothing) {
  const Pattern absent = Pattern::parse(R"({"a":[{"exists":false}]})", kDialect);
  for (const std::string_view text :
       {"", " ", "x", "[]", R"([{"a":1}])", "1", "null", R"("text")", "{", R"({"b":1)", R"({"b":01})",
        R"({"b":1} x)", R"({'b':1})", "{\"b\":\"\xff\"}", R"({"b":1,})"}) {
    const Event event = Event::from_json(text);
    EXPECT_FALSE(event.valid()) << text;
    expect_match(absent, event, kNo, text);
  }
  for (const std::string_view text : {"{}", " {} ", R"({"b":1})", "\n{\"b\":[]}\n"}) {
    const Event event = Event::from_json(text);
    EXPECT_TRUE(event.valid()) << text;
    expect_match(absent, event, kYes, text);
  }
}

std::string nested(std::size_t depth, std::string_view open, std::string_view middle,
                   std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) {
    text += open;
  }
  text += middle;
  for (std::size_t i = 0; i < depth; ++i) {
    text += close;
  }
  return text;
}

TEST(PatternEvents, MayBeDeepButNotBottomless) {
  const Pattern pattern = Pattern::parse(R"({"a":["x"]})", kDialect);
  const auto event = [](std::size_t depth) {
    return Event::from_json(fmt::format(R"({{"a":{}}})", nested(depth, "[", "\"x\"", "]")));
  };
  expect_match(pattern, event(990), kYes, "990 arrays in each other");
  EXPECT_FALSE(event(1'000'000).valid());
  EXPECT_THROW((void)Pattern::parse(nested(200, R"({"a":)", R"(["x"])", "}"), kDialect), InvalidPattern);
  const Pattern deep = Pattern::parse(nested(60, R"({"a":)", R"(["x"])", "}"), kDialect);
  expect_match(deep, Event::from_json(nested(60, R"({"a":)", R"("x")", "}")), kYes,
               "60 objects in each other");
  expect_match(deep, Event::from_json(nested(61, R"({"a":)", R"("x")", "}")), kNo,
               "61 objects in each other");
}

}  // namespace
}  // namespace martlet::patterns
