#include "services/lambda/url_response.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/crypto.h"
#include "base/strings.h"

namespace martlet::lambda {

namespace {

namespace json = boost::json;

constexpr std::string_view kEndOfPrelude("\0\0\0\0\0\0\0\0", 8);
/// Fields that belong to the platform: a function's own come back under another name, as on AWS.
constexpr std::array kRemapped{"connection", "content-length", "date", "server", "www-authenticate"};
constexpr std::string_view kRemappedPrefix = "x-amzn-remapped-";

std::optional<json::value> parsed(std::string_view text) {
  boost::system::error_code failed;
  json::value value = json::parse(json::string_view(text.data(), text.size()), failed);
  if (failed) return std::nullopt;
  return value;
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(static_cast<char>(c)) == std::string_view::npos;
  });
}

bool is_field_value(std::string_view value) {
  return std::ranges::all_of(value, [](unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; });
}

/// Texts as they are, numbers and truth values as JSON writes them.
std::optional<std::string> text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_number() || value.is_bool()) return json::serialize(value);
  return std::nullopt;
}

bool add_header(net::Headers& headers, std::string name, const json::value& value) {
  const auto text = text_of(value);
  if (!text || !is_field_name(name) || !is_field_value(*text)) return false;
  if (net::same_name(name, "transfer-encoding")) return true;  // how an answer travels is not its business
  const bool remapped =
      std::ranges::any_of(kRemapped, [&](const char* kept) { return net::same_name(name, kept); });
  headers.add(remapped ? std::string(kRemappedPrefix) + name : std::move(name), *text);
  return true;
}

bool add_headers(net::Headers& headers, const json::object& from) {
  const json::value* fields = from.if_contains("headers");
  if (fields == nullptr || fields->is_null()) return true;
  if (!fields->is_object()) return false;
  return std::ranges::all_of(fields->get_object(), [&](const auto& field) {
    return add_header(headers, std::string(field.key()), field.value());
  });
}

bool add_cookies(net::Headers& headers, const json::object& from) {
  const json::value* cookies = from.if_contains("cookies");
  if (cookies == nullptr || cookies->is_null()) return true;
  if (!cookies->is_array()) return false;
  for (const json::value& cookie : cookies->get_array()) {
    if (!cookie.is_string() || !is_field_value(std::string_view(cookie.get_string()))) return false;
    headers.add("Set-Cookie", std::string(cookie.get_string()));
  }
  return true;
}

bool set_status(net::Response& response, const json::value& code) {
  const json::value* number = &code;
  std::optional<json::value> from_text;
  if (code.is_string()) {
    from_text = parsed(std::string_view(code.get_string()));
    if (!from_text) return false;
    number = &*from_text;
  }
  boost::system::error_code inexact;
  const int status = number->is_number() ? number->to_number<int>(inexact) : 0;
  if (inexact || status < 200 || status > 599) return false;
  response.status = status;
  return true;
}

bool set_body(net::Response& response, const json::object& from) {
  const json::value* body = from.if_contains("body");
  const json::value* encoded = from.if_contains("isBase64Encoded");
  if (encoded != nullptr && !encoded->is_bool() && !encoded->is_null()) return false;
  if (body == nullptr || body->is_null()) return true;
  if (!body->is_string()) return false;
  response.body = std::string(body->get_string());
  if (encoded == nullptr || !encoded->is_bool() || !encoded->get_bool()) return true;
  auto bytes = base64_decode(response.body);
  if (!bytes) return false;
  response.body = std::move(*bytes);
  return true;
}

void set_type(net::Response& response, const char* type) {
  if (!response.headers.find("content-type")) response.headers.set("Content-Type", type);
}

/// The response that a prelude describes.
std::optional<net::Response> response_of_prelude(std::string_view prelude) {
  const auto value = parsed(prelude);
  if (!value || !value->is_object()) return std::nullopt;
  const json::object& object = value->get_object();
  net::Response response;
  const json::value* code = object.if_contains("statusCode");
  if (code != nullptr && !code->is_null() && !set_status(response, *code)) return std::nullopt;
  if (!add_headers(response.headers, object) || !add_cookies(response.headers, object)) return std::nullopt;
  set_type(response, "application/octet-stream");
  return response;
}

}  // namespace

std::optional<net::Response> url_response(std::string_view answer) {
  // A streamed answer that was collected; no JSON has a NUL in it.
  if (const std::size_t end = answer.find(kEndOfPrelude); end != std::string_view::npos) {
    if (auto response = response_of_prelude(answer.substr(0, end))) {
      response->body = answer.substr(end + kEndOfPrelude.size());
      return response;
    }
  }
  net::Response response;
  const auto value = parsed(answer);
  const json::object* object = value ? value->if_object() : nullptr;
  const json::value* code = object == nullptr ? nullptr : object->if_contains("statusCode");
  if (code == nullptr) {
    response.body = answer;
    set_type(response, value ? "application/json" : "application/octet-stream");
    return response;
  }
  if (!set_status(response, *code) || !add_headers(response.headers, *object) ||
      !add_cookies(response.headers, *object) || !set_body(response, *object))
    return std::nullopt;
  set_type(response, "application/json");
  return response;
}

PreludeReader::State PreludeReader::take(std::string_view piece) {
  // The eight NULs may be cut by the end of a piece.
  const std::size_t from = bytes_.size() - std::min(bytes_.size(), kEndOfPrelude.size() - 1);
  bytes_ += piece;
  const std::size_t end = bytes_.find(kEndOfPrelude, from);
  if (end == std::string::npos) return bytes_.size() > kMaxPreludeBytes ? State::kMalformed : State::kMore;
  auto response = response_of_prelude(std::string_view(bytes_).substr(0, end));
  if (!response) return State::kMalformed;
  response_ = std::move(*response);
  response_.body = bytes_.substr(end + kEndOfPrelude.size());
  std::string().swap(bytes_);
  return State::kDone;
}

}  // namespace martlet::lambda
