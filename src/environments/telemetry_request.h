#pragma once

// What an extension asks for when it subscribes to telemetry: the body of PUT /2022-07-01/telemetry and of
// PUT /2020-08-15/logs, checked. Comes from inside an environment, so it may be anything. Pure.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "environments/platform_events.h"

namespace martlet::environments {

/// How much is collected before it is delivered.
struct Buffering {
  std::size_t max_items = 10'000;
  std::size_t max_bytes = 262'144;
  std::chrono::milliseconds timeout{1'000};
};

struct TelemetryDestination {
  enum class Protocol { kHttp, kTcp };
  Protocol protocol = Protocol::kHttp;
  /// Inside the environment.
  std::uint16_t port = 0;
  /// With kHttp: "POST" or "PUT", and the URI.
  std::string method = "POST";
  std::string uri;
};

struct SubscribeRequest {
  Dialect dialect = Dialect::kTelemetry;
  /// "platform", "function", "extension"; each at most once, in the order asked for.
  std::vector<std::string> types;
  Buffering buffering;
  TelemetryDestination destination;

  [[nodiscard]] bool wants(std::string_view type) const;
};

/// What is wrong with it otherwise, all of it: "URI port is not provided; types should not be empty".
/// `reserved_port` is the Runtime API's own.
std::expected<SubscribeRequest, std::string> parse_subscribe_request(TelemetryInterface interface,
                                                                     std::string_view body,
                                                                     std::uint16_t reserved_port);

}  // namespace martlet::environments
