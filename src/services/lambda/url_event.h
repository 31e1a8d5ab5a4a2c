#pragma once

// The event that a request to a function URL becomes: payload format 2.0, as the developer guide's "Invoking
// Lambda function URLs" has it. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "net/http.h"
#include "wire/context.h"

namespace martlet::lambda {

struct UrlRequest {
  std::string method;
  /// Path and query as they were sent, encoded.
  std::string target;
  net::Headers headers;
  std::string body;
  std::string source_ip;
  bool is_tls = false;
  /// Id of the URL.
  std::string url_id;
  /// "ID.lambda-url.us-east-1.on.aws", whatever host the client used.
  std::string domain_name;
  std::string request_id;
  TimePoint time;
  /// With AuthType AWS_IAM: who signed.
  std::optional<wire::Caller> caller;
};

/// The event as JSON. Bodies that are not text are in Base64.
std::string url_event(const UrlRequest& request);

/// Whether a body of that content type, empty for none, is given to functions as it is.
bool is_text_type(std::string_view content_type);

}  // namespace martlet::lambda
