#pragma once

// The answer of a function as an HTTP response of its URL: payload format 2.0 with its inferences, and the
// prelude of streamed answers. What functions answer may be anything. After the developer guide's "Invoking
// Lambda function URLs" and "Response streaming". Pure.

#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace martlet::lambda {

/// Content type of streamed answers that begin with a prelude: JSON with the response's status, headers and
/// cookies, then eight NULs.
inline constexpr std::string_view kHttpResponseType = "application/vnd.awslambda.http-integration-response";

/// A prelude is no longer than this.
inline constexpr std::size_t kMaxPreludeBytes = 64 * 1024;

/// The response to a function's whole answer. An answer without statusCode is the body itself, as JSON with
/// status 200. nullopt when the answer has the form of a response and cannot be one: the client gets 502.
std::optional<net::Response> url_response(std::string_view answer);

/// Takes the prelude off the pieces of a streamed answer.
class PreludeReader {
 public:
  enum class State { kMore, kDone, kMalformed };

  /// Takes pieces until it does not return kMore.
  State take(std::string_view piece);
  /// When done: the response, its body being what came behind the prelude.
  net::Response& response() { return response_; }

 private:
  std::string bytes_;
  net::Response response_;
};

}  // namespace martlet::lambda
