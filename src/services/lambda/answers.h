#pragma once

// Forms that many answers share: dates, hashes, and the markers of lists.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::lambda {

/// "2026-01-31T12:34:56.789+0000", as LastModified and CreatedDate are written.
std::string date_text(std::int64_t epoch_ms);

/// "2026-01-31T12:34:56.789Z", as function URLs write their dates.
std::string utc_text(std::int64_t epoch_ms);

/// Bytes given in hexadecimal, in Base64, as CodeSha256 is written.
std::string base64_of_hex(std::string_view hex);

/// NextMarker of a list that goes on after `last`, and back; no marker is the empty text. Throws
/// InvalidParameterValueException for what is none.
std::string encode_marker(std::string_view last);
std::string decode_marker(const std::optional<std::string>& marker);

}  // namespace martlet::lambda
