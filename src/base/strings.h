#pragma once

// Small text helpers that more than one room needs.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet {

/// `text` as a JSON string literal, quotes included. Bytes that are not UTF-8 become U+FFFD.
std::string quote_json(std::string_view text);

/// Splits at every `separator`; "a,,b" has three parts, "" has one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

std::string to_lower(std::string_view text);

/// Percent-decodes; nullopt when an escape is malformed. '+' becomes a space only if `plus_is_space`.
enum class Plus { kLiteral, kSpace };
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::kLiteral);

/// Percent-encodes everything but RFC 3986 unreserved characters; `keep` names further characters to leave
/// alone.
std::string percent_encode(std::string_view text, std::string_view keep = {});

}  // namespace martlet
