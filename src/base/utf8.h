#pragma once

// UTF-8 checks for bytes that come from outside.

#include <cstddef>
#include <string>
#include <string_view>

namespace martlet {

/// Length in bytes (1 to 4) of the well-formed UTF-8 sequence that `text` starts with; 0 when there is none.
/// Overlong forms, surrogates and code points past U+10FFFF are not well-formed.
std::size_t utf8_sequence_length(std::string_view text);

bool is_utf8(std::string_view text);

/// A copy in which every byte that is not part of a well-formed sequence is U+FFFD.
std::string to_valid_utf8(std::string_view text);

}  // namespace martlet
