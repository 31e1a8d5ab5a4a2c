#pragma once

// Cross-origin requests to function URLs, as the URL's configuration has them. Pure.

#include "net/http.h"
#include "services/lambda/attachments.h"

namespace martlet::lambda {

/// Whether a browser asks what a page may do, before it does it.
bool asks_for_permission(const net::RequestHead& head);

/// The answer to that: the function is not asked. Without the permission where the origin is not allowed.
net::Response permission(const CorsRecord& cors, const net::RequestHead& head);

/// Puts the configuration's headers onto an answer. They take the place of the function's own.
void apply_cors(const CorsRecord& cors, const net::RequestHead& head, net::Headers& headers);

}  // namespace martlet::lambda
