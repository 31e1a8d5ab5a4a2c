#pragma once

// The subscribe requests of the Telemetry API (version 2022-07-01) and of the Logs API (2020-08-15), on the
// port of the Runtime API: who may subscribe, and what the answer is. Lives on the loop.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "environments/telemetry.h"
#include "net/http.h"

namespace martlet::environments {

/// Most bytes of a subscribe request.
inline constexpr std::size_t kMaxSubscribeBytes = 64 << 10;

/// One environment as its extensions see it when they subscribe.
class TelemetryHost {
 public:
  virtual ~TelemetryHost() = default;
  /// The name of the registered extension with that Lambda-Extension-Identifier.
  virtual std::optional<std::string> extension_name(std::string_view identifier) = 0;
  virtual Telemetry& telemetry() = 0;
  /// Into the log, and to whoever has subscribed.
  virtual void log_event(const PlatformEvent& event) = 0;
  /// Where the Runtime API listens.
  [[nodiscard]] virtual std::uint16_t runtime_api_port() const = 0;
};

/// Whether a request's path is one for answer_telemetry().
bool is_telemetry_path(std::string_view path);

/// The answer to such a request.
net::Response answer_telemetry(TelemetryHost& host, const net::RequestHead& head, std::string_view body);

}  // namespace martlet::environments
