#pragma once

// Rows of the tables that the tests of patterns are made of.

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

#include "patterns/matcher.h"
#include "patterns/pattern.h"

namespace martlet::patterns {

enum class Expect : bool { kNoMatch, kMatch };
inline constexpr Expect kNo = Expect::kNoMatch;
inline constexpr Expect kYes = Expect::kMatch;

struct Row {
  std::string_view pattern;
  std::string_view event;
  Expect expected;
};

/// Whether a pattern matches, asked of the pattern and of a matcher that has only it.
inline void expect_match(const Pattern& pattern, const Event& event, Expect expected,
                         std::string_view about) {
  EXPECT_EQ(pattern.matches(event), expected == Expect::kMatch) << about;
  Matcher matcher;
  matcher.add("it", pattern);
  EXPECT_EQ(matcher.match(event).size(), expected == Expect::kMatch ? 1U : 0U) << "matcher: " << about;
}

inline void expect_rows(Dialect dialect, std::span<const Row> rows) {
  for (const Row& row : rows) {
    const std::string about = std::string(row.pattern) + "  asked of  " + std::string(row.event);
    try {
      expect_match(Pattern::parse(row.pattern, dialect), Event::from_json(row.event), row.expected, about);
    } catch (const InvalidPattern& refusal) {
      ADD_FAILURE() << about << ": " << refusal.what();
    }
  }
}

struct RefusedRow {
  std::string_view pattern;
  std::string_view message;
};

inline void expect_refused(Dialect dialect, std::span<const RefusedRow> rows) {
  for (const RefusedRow& row : rows) {
    try {
      (void)Pattern::parse(row.pattern, dialect);
      ADD_FAILURE() << row.pattern << " is not refused";
    } catch (const InvalidPattern& refusal) {
      EXPECT_EQ(refusal.what(), row.message) << row.pattern;
    }
  }
}

inline void expect_allowed(Dialect dialect, std::span<const std::string_view> patterns) {
  for (const std::string_view pattern : patterns) {
    EXPECT_NO_THROW((void)Pattern::parse(pattern, dialect)) << pattern;
  }
}

}  // namespace martlet::patterns
