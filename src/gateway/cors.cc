#include "gateway/cors.h"

#include "net/url.h"

namespace martlet::gateway {

namespace {

/// 127.0.0.0/8; "127.example.com" is a name like any other.
bool is_loopback_v4(std::string_view host) {
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

bool is_allowed_origin(std::string_view origin, const std::vector<std::string>& allowed) {
  for (const std::string& one : allowed)
    if (one == "*" || one == origin) return true;
  const auto url = net::Url::parse(origin);
  if (!url) return false;
  const std::string& host = url->authority.host;
  return host == "localhost" || host.ends_with(".localhost") || is_loopback_v4(host) || host == "::1" ||
         host == "localhost.localstack.cloud";
}

bool is_preflight(const net::RequestHead& head) {
  return head.method == "OPTIONS" && head.headers.find("origin") &&
         head.headers.find("access-control-request-method");
}

net::Response preflight_answer(const net::RequestHead& head) {
  net::Response answer{204, {}, {}};
  add_cors_headers(answer.headers, head.headers.get("origin"));
  answer.headers.add("Access-Control-Allow-Methods", "HEAD,GET,PUT,POST,DELETE,OPTIONS,PATCH");
  if (const auto wanted = head.headers.find("access-control-request-headers"))
    answer.headers.add("Access-Control-Allow-Headers", std::string(*wanted));
  answer.headers.add("Access-Control-Max-Age", "600");
  return answer;
}

void add_cors_headers(net::Headers& headers, std::string_view origin) {
  headers.set("Access-Control-Allow-Origin", std::string(origin));
  headers.set("Vary", "Origin");
  headers.set(
      "Access-Control-Expose-Headers",
      "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-query-error,x-amz-request-id,x-amz-id-2,x-amz-function-error,"
      "x-amz-executed-version,x-amz-log-result,etag,x-amz-version-id");
}

}  // namespace martlet::gateway
