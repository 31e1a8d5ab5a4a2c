// A matcher says what its patterns would say one by one: on patterns and events made at random (from a fixed
// seed), dense enough that many match.

#include "patterns/matcher.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>

namespace martlet::patterns {
namespace {

using Names = std::vector<std::string>;

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_);
  }
  bool one_in(std::size_t chances) { return below(chances) == 0; }
  template <typename Items>
  std::string of(const Items& items) {
    return std::string(items[below(items.size())]);
  }

 private:
  std::mt19937 engine_;
};

constexpr std::array kNames = {"a", "b", "c", "d", "e", "f"};
constexpr std::array kTexts = {"\"\"",  "\"a\"", "\"ab\"",       "\"aba\"",     "\"abab\"",
                               "\"B\"", "\"b\"", "\"10.0.0.1\"", "\"10.0.1.1\""};
constexpr std::array kNumbers = {"0", "1", "1.0", "2", "-1", "1e9", "7e9"};
constexpr std::array kLiterals = {"true", "false", "null"};
constexpr std::array kOperators = {R"({"prefix":"a"})",
                                   R"({"prefix":"ab"})",
                                   R"({"prefix":"aba"})",
                                   R"({"prefix":""})",
                                   R"({"suffix":"b"})",
                                   R"({"suffix":"ab"})",
                                   R"({"wildcard":"a*"})",
                                   R"({"wildcard":"a*b"})",
                                   R"({"wildcard":"*b*"})",
                                   R"({"wildcard":"*ba"})",
                                   R"({"cidr":"10.0.0.0/24"})",
                                   R"({"cidr":"10.0.0.0/16"})",
                                   R"({"exists":true})",
                                   R"({"exists":false})",
                                   R"({"equals-ignore-case":"b"})",
                                   R"({"anything-but":"a"})",
                                   R"({"anything-but":[1,2]})",
                                   R"({"anything-but":["a","b"]})",
                                   R"({"numeric":["=",1]})",
                                   R"({"numeric":[">",0]})",
                                   R"({"numeric":["<=",1]})",
                                   R"({"numeric":[">",-1,"<",2]})",
                                   R"({"anything-but":{"prefix":"a"}})",
                                   R"({"anything-but":{"wildcard":"*b*"}})",
                                   R"({"prefix":{"equals-ignore-case":"A"}})",
                                   R"({"suffix":{"equals-ignore-case":"B"}})",
                                   R"({"anything-but":{"suffix":["b","a"]}})",
                                   R"({"anything-but":{"equals-ignore-case":"b"}})"};

std::string scalar(Dice& dice) {
  if (dice.one_in(2)) {
    return dice.of(kTexts);
  }
  return dice.one_in(3) ? dice.of(kLiterals) : dice.of(kNumbers);
}

std::string leaf(Dice& dice) {
  std::string list;
  for (std::size_t left = 1 + dice.below(3); left > 0; --left) {
    list += (list.empty() ? "" : ",") + (dice.one_in(2) ? scalar(dice) : dice.of(kOperators));
  }
  return "[" + list + "]";
}

std::string pattern(Dice& dice, int depth) {
  std::string members;
  const std::size_t count = 1 + dice.below(3);
  for (std::size_t i = 0; i < count; ++i) {
    members += members.empty() ? "" : ",";
    if (depth > 0 && dice.one_in(5)) {
      members += fmt::format(R"("$or":[{},{}])", pattern(dice, depth - 1), pattern(dice, depth - 1));
    } else {
      members += fmt::format(R"("{}":{})", dice.of(kNames),
                             depth > 0 && dice.one_in(3) ? pattern(dice, depth - 1) : leaf(dice));
    }
  }
  return "{" + members + "}";
}

enum class Arrays { kNone, kOfScalars, kOfAll };

std::string object(Dice& dice, int depth, Arrays arrays);

std::string value(Dice& dice, int depth, Arrays arrays) {
  if (arrays != Arrays::kNone && depth > 0 && dice.one_in(4)) {
    std::string elements;
    for (std::size_t left = dice.below(4); left > 0; --left) {
      elements += (elements.empty() ? "" : ",") +
                  (arrays == Arrays::kOfAll ? value(dice, depth - 1, arrays) : scalar(dice));
    }
    return "[" + elements + "]";
  }
  return depth > 0 && dice.one_in(3) ? object(dice, depth - 1, arrays) : scalar(dice);
}

std::string object(Dice& dice, int depth, Arrays arrays) {
  std::string members;
  for (std::size_t left = dice.below(7); left > 0; --left) {
    members +=
        fmt::format(R"({}"{}":{})", members.empty() ? "" : ",", dice.of(kNames), value(dice, depth, arrays));
  }
  return "{" + members + "}";
}

Names sorted(const std::vector<std::string_view>& ids) {
  Names names(ids.begin(), ids.end());
  std::ranges::sort(names);
  return names;
}

/// Patterns by id, beside a matcher that should know the same.
class Both {
 public:
  void add(const std::string& id, const std::string& text) {
    const Pattern pattern = Pattern::parse(text, Dialect::kEventBridge);
    patterns_.insert_or_assign(id, std::pair(text, pattern));
    matcher_.add(id, pattern);
  }

  void remove(const std::string& id) { EXPECT_EQ(matcher_.remove(id), patterns_.erase(id) == 1); }

  std::size_t expect_agreement(const Event& event, const std::string& text) const {
    EXPECT_EQ(matcher_.size(), patterns_.size());
    Names expected;
    for (const auto& [id, pattern] : patterns_) {
      if (pattern.second.matches(event)) {
        expected.push_back(id);
      }
    }
    const Names found = sorted(matcher_.match(event));
    if (found != expected) {
      Names differing;
      std::ranges::set_symmetric_difference(found, expected, std::back_inserter(differing));
      ADD_FAILURE() << "for " << text << " they differ in " << patterns_.at(differing.front()).first;
    }
    return expected.size();
  }

 private:
  std::map<std::string, std::pair<std::string, Pattern>> patterns_;
  Matcher matcher_;
};

void expect_agreement(unsigned seed, Arrays arrays) {
  Dice dice(seed);
  Both both;
  std::size_t matches = 0;
  for (int round = 0; round < 40 && !testing::Test::HasFailure(); ++round) {
    for (int i = 0; i < 40; ++i) {
      // Some take the place of others.
      both.add(std::to_string(dice.below(400)), pattern(dice, 2));
    }
    for (int i = 0; i < 25; ++i) {
      const std::string text = object(dice, 3, arrays);
      matches += both.expect_agreement(Event::from_json(text), text);
    }
    for (int i = 0; i < 30; ++i) {
      both.remove(std::to_string(dice.below(400)));
    }
  }
  EXPECT_GT(matches, 5'000U) << "too few matches to say anything";
}

TEST(Matcher, AgreesWithPatternsOnObjects) { expect_agreement(1, Arrays::kNone); }
TEST(Matcher, AgreesWithPatternsOnArraysOfScalars) { expect_agreement(2, Arrays::kOfScalars); }
TEST(Matcher, AgreesWithPatternsOnArraysOfAnything) { expect_agreement(3, Arrays::kOfAll); }

TEST(Matcher, AgreesWithPatternsOnEmbeddedText) {
  Dice dice(4);
  Both both;
  for (int i = 0; i < 200; ++i) {
    both.add(std::to_string(i),
             dice.one_in(2) ? fmt::format(R"({{"a":{}}})", pattern(dice, 1)) : pattern(dice, 1));
  }
  for (int i = 0; i < 500; ++i) {
    const std::string text = dice.one_in(3) ? "ab" : object(dice, 2, Arrays::kOfAll);
    both.expect_agreement(Event::from_field("a", text), text);
  }
}

TEST(Matcher, ForgetsWhatIsRemoved) {
  Matcher matcher;
  const Event event = Event::from_json(R"({"a":"x","b":1})");
  matcher.add("one", Pattern::parse(R"({"a":["x"]})", Dialect::kEventBridge));
  matcher.add("two", Pattern::parse(R"({"a":["x"],"b":[1]})", Dialect::kEventBridge));
  EXPECT_EQ(sorted(matcher.match(event)), (Names{"one", "two"}));
  EXPECT_FALSE(matcher.remove("three"));
  EXPECT_TRUE(matcher.remove("one"));
  EXPECT_EQ(sorted(matcher.match(event)), Names{"two"});
  matcher.add("two", Pattern::parse(R"({"a":["y"]})", Dialect::kEventBridge));
  EXPECT_EQ(matcher.size(), 1U);
  EXPECT_TRUE(matcher.match(event).empty());
  EXPECT_TRUE(matcher.remove("two"));
  EXPECT_EQ(matcher.size(), 0U);
}

TEST(Matcher, NamesAPatternOnceThatMatchesInSeveralWays) {
  Matcher matcher;
  matcher.add("it", Pattern::parse(R"({"$or":[{"a":["x"]},{"b":[1]}]})", Dialect::kEventBridge));
  EXPECT_EQ(matcher.match(Event::from_json(R"({"a":["x","x"],"b":1})")).size(), 1U);
}

TEST(Matcher, MatchesNothingWithEventsThatAreNotJson) {
  Matcher matcher;
  matcher.add("it", Pattern::parse(R"({"a":[{"exists":false}]})", Dialect::kEventBridge));
  EXPECT_TRUE(matcher.match(Event::from_json("no JSON")).empty());
  EXPECT_EQ(matcher.match(Event::from_json("{}")).size(), 1U);
}

TEST(Matcher, TellsManyBeginningsOfOneText) {
  Matcher matcher;
  std::string text;
  for (int i = 0; i < 200; ++i) {
    matcher.add(std::to_string(i),
                Pattern::parse(fmt::format(R"({{"a":[{{"prefix":"{}"}}]}})", text), Dialect::kEventBridge));
    matcher.add(fmt::format("{}x", i),
                Pattern::parse(fmt::format(R"({{"a":[{{"prefix":"{}x"}}]}})", text), Dialect::kEventBridge));
    text += static_cast<char>('a' + i % 3);
  }
  EXPECT_EQ(matcher.match(Event::from_json(fmt::format(R"({{"a":"{}"}})", text.substr(0, 100)))).size(),
            101U);
}

TEST(Matcher, TellsManyRanges) {
  Both both;
  Dice dice(5);
  for (int i = 0; i < 300; ++i) {
    const std::size_t low = dice.below(1000);
    both.add(std::to_string(i),
             fmt::format(R"({{"a":[{{"numeric":[">=",{},"<",{}]}}]}})", low, low + 1 + dice.below(100)));
  }
  for (int number = 0; number < 1100; number += 7) {
    const std::string text = fmt::format(R"({{"a":{}}})", number);
    both.expect_agreement(Event::from_json(text), text);
  }
}

}  // namespace
}  // namespace martlet::patterns
