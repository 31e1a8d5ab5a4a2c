#pragma once

// HttpEndpoint: where an http or https subscription delivers to. Endpoints may carry a user name and a
// password ("https://user:secret@example.com/path"), which go into the Authorization header.

#include <optional>
#include <string>

namespace martlet::sns {

struct HttpEndpoint {
  /// Without user information.
  std::string url;
  /// "Basic …"; empty for none.
  std::string authorization;

  /// nullopt unless it is an http or https URL.
  static std::optional<HttpEndpoint> parse(const std::string& endpoint);
};

}  // namespace martlet::sns
