#pragma once

// Requests from web pages. An open server believes every request, so a page that somebody visits must not be
// able to make any: browsers say where a page came from (Origin), and only pages from this machine, and those
// that were allowed by name, are served.

#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace martlet::gateway {

/// Whether `origin` ("http://localhost:3000") is of this machine or in `allowed` ("*" allows all).
bool is_allowed_origin(std::string_view origin, const std::vector<std::string>& allowed);

/// Whether this asks what a page may do, before it does it.
bool is_preflight(const net::RequestHead& head);

net::Response preflight_answer(const net::RequestHead& head);

/// Lets the page at `origin` read an answer.
void add_cors_headers(net::Headers& headers, std::string_view origin);

}  // namespace martlet::gateway
