#pragma once

// How large a request body may be. The gateway reads a body whole before it calls an operation, so it needs
// to know beforehand; AWS documents these sizes as quotas of the services.

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace martlet::gateway {

struct BodyLimit {
  /// Bytes on the wire, encoded as the protocol encodes them.
  std::size_t bytes;
  /// What AWS calls the operation when it says that a request is too large.
  std::string_view shown_name;
};

/// The limit of an operation; `operation` may be empty where it is not known before the body was read.
BodyLimit body_limit(std::string_view service, std::string_view operation);

/// "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
aws::Error too_large(std::string_view service, const BodyLimit& limit);

}  // namespace martlet::gateway
