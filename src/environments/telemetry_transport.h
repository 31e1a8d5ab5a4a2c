#pragma once

// How batches of telemetry get to a subscriber inside an environment: HTTP requests with an array of records,
// or records line by line over TCP. Lives on the loop.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "environments/telemetry_request.h"

namespace martlet::environments {

/// Connects to 127.0.0.1:port inside an environment: a stream socket that the caller owns. Throws
/// std::runtime_error when nobody listens there or the environment has ended.
using ConnectInside = std::function<Task<int>(std::uint16_t port)>;

class TelemetryTransport {
 public:
  virtual ~TelemetryTransport() = default;
  /// The records as this transport sends them.
  [[nodiscard]] virtual std::string batch_of(const std::vector<std::string>& records) const = 0;
  /// Whether the subscriber has taken the batch. `batch` outlives the call.
  virtual Task<bool> send(const std::string& batch) = 0;
  /// Closes what is open and waits for the end of its own tasks.
  virtual Task<> stop() = 0;
};

std::unique_ptr<TelemetryTransport> make_transport(Executor executor, Clock& clock,
                                                   const TelemetryDestination& destination,
                                                   ConnectInside connect);

}  // namespace martlet::environments
