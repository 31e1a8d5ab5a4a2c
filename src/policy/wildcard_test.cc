#include "policy/wildcard.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/policy_test_support_test.h"

namespace martlet::policy {
namespace {

using namespace testing;

bool matches(std::string_view pattern, std::string_view subject, Wildcards wildcards = Wildcards::kText) {
  const Principal ann = user("ann");
  const Request request{.principal = &ann};
  KeyReader reader(request);
  return Pattern(pattern, wildcards, Variables::kExpanded).matches(subject, reader);
}

TEST(Wildcard, MatchesWholeTexts) {
  struct Row {
    const char* pattern;
    const char* subject;
    bool matches;
  };
  for (const Row& row : {
           Row{"", "", true},
           Row{"", "a", false},
           Row{"*", "", true},
           Row{"**", "anything", true},
           Row{"?", "", false},
           Row{"?*", "", false},
           Row{"*?", "a", true},
           Row{"a*", "a", true},
           Row{"*a", "ba", true},
           Row{"*a", "ab", false},
           Row{"a*a", "a", false},
           Row{"a*a", "aa", true},
           Row{"ab*ab", "abab", true},
           Row{"ab*ab", "aba", false},
           Row{"*ab*", "xxabyy", true},
           Row{"*ab*ab*", "xxabyy", false},
           Row{"*ab?", "abab", false},
           Row{"*ab?", "ababc", true},
           Row{"*aab", "aaaab", true},
           Row{"a?c*f", "abcdef", true},
           Row{"??", "\xe2\x82\xac\xf0\x9f\x90\xa6", true},
           Row{"???", "\xe2\x82\xac\xf0\x9f\x90\xa6", false},
           Row{"*\xe2\x82\xac", "1\xe2\x82\xac", true},
       }) {
    EXPECT_EQ(matches(row.pattern, row.subject), row.matches) << row.pattern << " on " << row.subject;
  }
}

TEST(Wildcard, ResourcesHoldMostWildcardsToTheirPart) {
  const auto resource = [](const char* pattern, const char* subject) {
    return matches(pattern, subject, Wildcards::kResource);
  };
  // One that ends a part may reach over the next; one within a part may not.
  EXPECT_TRUE(resource("arn:aws:s:*:x", "arn:aws:s:r:1:x"));
  EXPECT_FALSE(resource("arn:aws:s:*r:1:x", "arn:aws:s:a:br:1:x"));
  EXPECT_TRUE(resource("arn:aws:s:*r:1:x", "arn:aws:s:abr:1:x"));
  EXPECT_FALSE(resource("arn:aws:s:?:1:x", "arn:aws:s:::1:x"));
  EXPECT_TRUE(resource("arn:aws:s:r:1:a*b?", "arn:aws:s:r:1:a:b:"));
  // The first reaches over parts, and further when the second, held to its part, would otherwise fail.
  EXPECT_TRUE(resource("arn:aws:*:a*b:y", "arn:aws:s:ax:ab:y"));
  EXPECT_TRUE(resource("arn:aws:*:a*b:*", "arn:aws:s:a1:a2:a3b:z"));
  EXPECT_FALSE(resource("arn:aws:*:a*b:y", "arn:aws:s:ax:b:y"));
  EXPECT_TRUE(resource("arn:aws:*:a?\xc3\xa9*b:y",
                       "arn:aws:s:a\xc3\xa9\xc3\xa9:a\xc3\xa9\xc3\xa9:a\xc3\xa9\xc3\xa9"
                       "b:y"));
}

TEST(Wildcard, CostsNoMoreThanItsLengths) {
  // Ways to match that grow exponentially, for who tries them one after the other.
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", std::string(2000, 'a')));
  EXPECT_TRUE(matches(pattern, std::string(2000, 'a')));
  EXPECT_FALSE(
      matches("arn:*:" + pattern + "b:x", "arn:" + std::string(2000, 'a') + ":x", Wildcards::kResource));
}

TEST(Wildcard, WhatIsNoTextMatchesNothing) {
  for (const char* pattern : {"\xff", "a\xfb", "\xfe*"}) {
    for (const char* subject : {"", "a", "\xff", "a\xfb", "\xfe*"}) EXPECT_FALSE(matches(pattern, subject));
  }
  EXPECT_TRUE(matches("*", "\xff"));
  EXPECT_FALSE(matches("a", "\xff"));
}

}  // namespace
}  // namespace martlet::policy
