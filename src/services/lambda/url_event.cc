#include "services/lambda/url_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace martlet::lambda {

namespace {

using Texts = std::map<std::string, std::string>;

/// A second value of the same name goes behind the first.
void join(Texts& texts, std::string name, std::string_view value) {
  const auto [at, is_new] = texts.try_emplace(std::move(name), value);
  if (!is_new) (at->second += ',') += value;
}

std::string object_of(const Texts& texts) {
  std::string out = "{";
  for (const auto& [name, value] : texts)
    out += (out.size() > 1 ? "," : "") + quote_json(name) + ":" + quote_json(value);
  return out + "}";
}

std::string decoded(std::string_view text) {
  return percent_decode(text, Plus::kSpace).value_or(std::string(text));
}

Texts parameters_of(std::string_view query) {
  Texts parameters;
  if (query.empty()) return parameters;
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = equals == pair.size() ? std::string_view() : pair.substr(equals + 1);
    if (!pair.empty()) join(parameters, decoded(pair.substr(0, equals)), decoded(value));
  }
  return parameters;
}

std::string cookies_of(const net::Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    if (!net::same_name(name, "cookie")) continue;
    for (std::string_view cookie : split(value, ';')) {
      cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
      if (!cookie.empty()) out += (out.empty() ? "" : ",") + quote_json(cookie);
    }
  }
  return out;
}

Texts headers_of(const UrlRequest& request) {
  Texts headers;
  for (const auto& [name, value] : request.headers)
    if (!net::same_name(name, "cookie")) join(headers, to_lower(name), value);
  headers.try_emplace("x-forwarded-for", request.source_ip);
  headers.try_emplace("x-forwarded-proto", request.is_tls ? "https" : "http");
  return headers;
}

/// "12/Mar/2020:19:03:58 +0000"
std::string log_time(std::int64_t epoch_ms) {
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = epoch_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000", parts.tm_mday,
                     kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

std::string iam_of(const wire::Caller& caller) {
  return fmt::format(
      R"("authentication":null,"authorizer":{{"iam":{{"accessKey":{},"accountId":{},"callerId":{},)"
      R"("cognitoIdentity":null,"principalOrgId":null,"userArn":{},"userId":{}}}}},)",
      quote_json(caller.access_key_id), quote_json(caller.account), quote_json(caller.user_id),
      quote_json(caller.arn), quote_json(caller.user_id));
}

std::string context_of(const UrlRequest& request, std::string_view path) {
  const std::int64_t now_ms = to_epoch_ms(request.time);
  return fmt::format(
      R"({{"accountId":{},"apiId":{},{}"domainName":{},"domainPrefix":{},"http":{{"method":{},"path":{},)"
      R"("protocol":"HTTP/1.1","sourceIp":{},"userAgent":{}}},"requestId":{},"routeKey":"$default",)"
      R"("stage":"$default","time":"{}","timeEpoch":{}}})",
      quote_json(request.caller ? request.caller->account : "anonymous"), quote_json(request.url_id),
      request.caller ? iam_of(*request.caller) : "", quote_json(request.domain_name),
      quote_json(request.url_id), quote_json(request.method), quote_json(path), quote_json(request.source_ip),
      quote_json(request.headers.get("user-agent")), quote_json(request.request_id), log_time(now_ms),
      now_ms);
}

}  // namespace

bool is_text_type(std::string_view content_type) {
  std::string type = to_lower(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  return type.empty() || type.starts_with("text/") || type == "application/json" ||
         type == "application/xml" || type == "application/javascript" || type.ends_with("+json") ||
         type.ends_with("+xml");
}

std::string url_event(const UrlRequest& request) {
  const std::string_view target = request.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark == target.size() ? std::string_view() : target.substr(mark + 1);
  std::string event =
      fmt::format(R"({{"version":"2.0","routeKey":"$default","rawPath":{},"rawQueryString":{},)",
                  quote_json(path), quote_json(query));
  if (const std::string cookies = cookies_of(request.headers); !cookies.empty())
    event += R"("cookies":[)" + cookies + "],";
  event += R"("headers":)" + object_of(headers_of(request)) + ",";
  if (const Texts parameters = parameters_of(query); !parameters.empty())
    event += R"("queryStringParameters":)" + object_of(parameters) + ",";
  event += R"("requestContext":)" + context_of(request, path) + ",";
  // A body that says it is text and is not would be changed by being made into a JSON string.
  const bool as_it_is = is_text_type(request.headers.get("content-type")) && is_utf8(request.body);
  if (!request.body.empty())
    event += R"("body":)" + quote_json(as_it_is ? request.body : base64_encode(request.body)) + ",";
  event += R"("isBase64Encoded":)";
  event += !request.body.empty() && !as_it_is ? "true}" : "false}";
  return event;
}

}  // namespace martlet::lambda
