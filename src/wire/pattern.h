#pragma once

// The patterns of AWS's models, which are written for Java. They are compiled when first used and kept. RE2
// matches them in linear time; the few that look around or refer back go to a backtracking matcher with
// bounded effort.

#include <string>
#include <string_view>

namespace martlet::wire {

/// Whether the whole of `text` matches. A pattern that no matcher understands, or a text too long or too
/// intricate for the backtracking one, counts as a match: it is better to accept a name than to refuse a good
/// one.
bool matches_pattern(std::string_view pattern, std::string_view text);

/// `pattern` in the dialect of RE2, as far as the two differ only in spelling.
std::string translate_pattern(std::string_view pattern);

/// How a pattern is matched.
enum class PatternEngine : std::uint8_t { kLinear, kBacktracking, kNone };
PatternEngine pattern_engine(std::string_view pattern);

}  // namespace martlet::wire
