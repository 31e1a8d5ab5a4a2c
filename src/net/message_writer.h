#pragma once

// Heads of HTTP messages as text: what server and client send before a body. Field values cannot break out of
// their line.

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"

namespace martlet::net {

/// Appends "name: value\r\n"; CR, LF and NUL in either become spaces.
void append_field(std::string& out, std::string_view name, std::string_view value);

/// Appends "HTTP/1.1 404 Not Found\r\n".
void append_status_line(std::string& out, int status);

/// Whether this field is for the writer of a message to decide (Connection, Content-Length,
/// Transfer-Encoding, ...).
bool is_framing_field(std::string_view name);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t epoch_seconds);

}  // namespace martlet::net
