#pragma once

// Letters without their case, for the operators that ignore it. Plain functions.

#include <string>
#include <string_view>

namespace martlet::patterns {

/// `text` (UTF-8) with the letters of the Latin, Greek, Cyrillic and Armenian alphabets in lower case. What
/// is no letter, and bytes that are not UTF-8, stay as they are.
std::string fold_case(std::string_view text);

}  // namespace martlet::patterns
