#include "services/lambda/url_cors.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"

namespace martlet::lambda {

namespace {

std::string joined(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ",") + value;
  return out;
}

bool names_all(const std::vector<std::string>& values) {
  return std::ranges::find(values, "*") != values.end();
}

/// What Access-Control-Allow-Origin says to that origin; empty: nothing.
std::string allowed_origin(const CorsRecord& cors, std::string_view origin) {
  if (origin.empty()) return {};
  // With credentials, browsers do not take "*" for an answer.
  if (names_all(cors.allow_origins)) return cors.allow_credentials ? std::string(origin) : "*";
  const bool named = std::ranges::any_of(cors.allow_origins,
                                         [&](const std::string& one) { return net::same_name(one, origin); });
  return named ? std::string(origin) : std::string();
}

}  // namespace

bool asks_for_permission(const net::RequestHead& head) {
  return head.method == "OPTIONS" && head.headers.find("origin") &&
         head.headers.find("access-control-request-method");
}

net::Response permission(const CorsRecord& cors, const net::RequestHead& head) {
  net::Response response{.status = 200};
  apply_cors(cors, head, response.headers);
  if (!response.headers.find("access-control-allow-origin")) return response;
  const auto add = [&](const char* name, const std::vector<std::string>& values) {
    if (!values.empty()) response.headers.set(name, joined(values));
  };
  add("Access-Control-Allow-Methods", cors.allow_methods);
  add("Access-Control-Allow-Headers", cors.allow_headers);
  if (cors.max_age_seconds)
    response.headers.set("Access-Control-Max-Age", std::to_string(*cors.max_age_seconds));
  return response;
}

void apply_cors(const CorsRecord& cors, const net::RequestHead& head, net::Headers& headers) {
  net::Headers own;
  for (const auto& [name, value] : headers)
    if (!to_lower(name).starts_with("access-control-")) own.add(name, value);
  headers = std::move(own);
  headers.add("Vary", "Origin");
  const std::string origin = allowed_origin(cors, head.headers.get("origin"));
  if (origin.empty()) return;
  headers.set("Access-Control-Allow-Origin", origin);
  if (cors.allow_credentials) headers.set("Access-Control-Allow-Credentials", "true");
  if (!cors.expose_headers.empty()) headers.set("Access-Control-Expose-Headers", joined(cors.expose_headers));
}

}  // namespace martlet::lambda
