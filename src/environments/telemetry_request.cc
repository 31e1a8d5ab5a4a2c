#include "environments/telemetry_request.h"

#include <algorithm>
#include <boost/json.hpp>

#include "net/url.h"

namespace martlet::environments {

namespace {

namespace json = boost::json;

class Parser {
 public:
  Parser(TelemetryInterface interface, std::uint16_t reserved_port)
      : interface_(interface), reserved_port_(reserved_port) {}

  std::expected<SubscribeRequest, std::string> parse(const json::object& body) {
    take_schema(body.if_contains("schemaVersion"));
    take_types(body.if_contains("types"));
    take_buffering(body.if_contains("buffering"));
    take_destination(body.if_contains("destination"));
    if (!wrong_.empty()) return std::unexpected(wrong_);
    return std::move(result_);
  }

 private:
  void refuse(std::string_view reason) {
    if (!wrong_.empty()) wrong_ += "; ";
    wrong_ += reason;
  }

  void take_schema(const json::value* version) {
    const bool is_logs = interface_ == TelemetryInterface::kLogs;
    if (is_logs) result_.dialect = Dialect::kLogs;
    if (version == nullptr) {
      if (!is_logs) refuse("schemaVersion is not provided");
      return;
    }
    const std::string_view text = version->is_string() ? std::string_view(version->get_string()) : "";
    if (is_logs && text == "2021-03-18")
      result_.dialect = Dialect::kLogs20210318;
    else if (is_logs ? text != "2020-08-15"
                     : text != "2022-07-01" && text != "2022-12-13" && text != "2025-01-29")
      refuse("schemaVersion is not a known version");
  }

  void take_types(const json::value* types) {
    if (types == nullptr || !types->is_array() || types->get_array().empty())
      return refuse("types should not be empty");
    for (const json::value& type : types->get_array()) {
      const std::string_view text = type.is_string() ? std::string_view(type.get_string()) : "";
      if (text != "platform" && text != "function" && text != "extension")
        return refuse("types should be platform, function or extension");
      if (!result_.wants(text)) result_.types.emplace_back(text);
    }
  }

  template <typename Value>
  void take_number(const json::object& from, std::string_view name, std::int64_t least, std::int64_t most,
                   Value& into) {
    const json::value* number = from.if_contains(name);
    if (number == nullptr) return;
    if (!number->is_int64() || number->get_int64() < least || number->get_int64() > most)
      return refuse(std::string(name) + " should be a number from " + std::to_string(least) + " to " +
                    std::to_string(most));
    into = Value(number->get_int64());
  }

  void take_buffering(const json::value* buffering) {
    if (buffering == nullptr) return;
    if (!buffering->is_object()) return refuse("buffering should be an object");
    const json::object& from = buffering->get_object();
    take_number(from, "maxItems", 1'000, 10'000, result_.buffering.max_items);
    take_number(from, "maxBytes", 262'144, 1'048'576, result_.buffering.max_bytes);
    take_number(from, "timeoutMs", 25, 30'000, result_.buffering.timeout);
  }

  void take_destination(const json::value* destination) {
    if (destination == nullptr || !destination->is_object()) return refuse("destination is not provided");
    const json::object& from = destination->get_object();
    const json::value* protocol = from.if_contains("protocol");
    if (protocol != nullptr && *protocol == "HTTP")
      take_http(from);
    else if (protocol != nullptr && *protocol == "TCP")
      take_tcp(from);
    else
      refuse("protocol should be HTTP or TCP");
  }

  void take_http(const json::object& from) {
    if (const json::value* method = from.if_contains("method"); method != nullptr) {
      if (interface_ != TelemetryInterface::kLogs || (*method != "POST" && *method != "PUT"))
        refuse("method is not supported");
      else
        result_.destination.method = method->get_string();
    }
    const json::value* uri = from.if_contains("URI");
    if (uri == nullptr || !uri->is_string()) return refuse("URI is not provided");
    const std::string_view text = uri->get_string();
    const auto url = net::Url::parse(text);
    if (!url || url->scheme != net::Url::Scheme::kHttp) return refuse("URI should begin with http://");
    result_.destination.uri = text;
    take_address(url->authority);
  }

  /// A port, or a URI as the Telemetry API's documentation has it for both protocols.
  void take_tcp(const json::object& from) {
    result_.destination.protocol = TelemetryDestination::Protocol::kTcp;
    if (from.contains("port")) {
      std::int64_t port = 0;
      take_number(from, "port", 1, 65'535, port);
      if (port != 0) take_address({.host = "sandbox", .port = static_cast<std::uint16_t>(port)});
      return;
    }
    const json::value* uri = from.if_contains("URI");
    if (uri == nullptr || !uri->is_string()) return refuse("port is not provided");
    std::string_view text = uri->get_string();
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
      text.remove_prefix(scheme + 3);
    const auto address = net::parse_host_port(text.substr(0, text.find('/')));
    if (!address) return refuse("URI is malformed");
    take_address(*address);
  }

  void take_address(const net::HostPort& address) {
    if (address.host != "sandbox.localdomain" && address.host != "sandbox")
      refuse("URI host should be sandbox.localdomain");
    if (!address.port || *address.port == 0) return refuse("URI port is not provided");
    if (*address.port == reserved_port_) return refuse("URI port is reserved");
    result_.destination.port = *address.port;
  }

  TelemetryInterface interface_;
  std::uint16_t reserved_port_;
  SubscribeRequest result_;
  std::string wrong_;
};

}  // namespace

bool SubscribeRequest::wants(std::string_view type) const {
  return std::ranges::find(types, type) != types.end();
}

std::expected<SubscribeRequest, std::string> parse_subscribe_request(TelemetryInterface interface,
                                                                     std::string_view body,
                                                                     std::uint16_t reserved_port) {
  boost::system::error_code failure;
  const json::value document = json::parse(body, failure);
  if (failure || !document.is_object()) return std::unexpected("the request is not a JSON object");
  return Parser(interface, reserved_port).parse(document.get_object());
}

}  // namespace martlet::environments
