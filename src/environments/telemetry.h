#pragma once

// Telemetry: what one environment tells the extensions in it that have subscribed to the Telemetry API or the
// Logs API. Until initialisation is over, everything is also kept for those that subscribe later. While
// nobody has subscribed, an event costs a comparison. Made by its environment, fed by its log stream; lives
// on the loop.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/platform_events.h"
#include "environments/telemetry_delivery.h"
#include "environments/telemetry_request.h"
#include "environments/telemetry_transport.h"

namespace martlet::environments {

/// Who printed a line.
enum class LineSource { kFunction, kExtension };

class Telemetry {
 public:
  /// With kJson, lines that are JSON objects are records as such, not as text.
  Telemetry(Executor executor, Clock& clock, TaskGroup& tasks, Logging::Format format);
  /// Calls stop().
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  /// How to reach subscribers; before the first of them.
  void connect_with(ConnectInside connect) { connect_ = std::move(connect); }

  void note(const PlatformEvent& event, TimePoint now);
  void note_line(LineSource source, std::string_view message, TimePoint now);

  /// Whether subscriptions are still taken: until close_subscriptions().
  [[nodiscard]] bool open() const { return open_; }
  /// Initialisation is over: forgets what was kept.
  void close_subscriptions();
  /// `extension` receives telemetry from now on, beginning with what was kept. Subscribing again with the
  /// same interface replaces the subscription. False, and nothing changes, when it has subscribed with the
  /// other interface.
  bool subscribe(const std::string& extension, TelemetryInterface interface, SubscribeRequest request);

  /// Around the time in which the environment's processes are stopped.
  void pause();
  void resume();

  /// Sends what there is without waiting for more.
  void flush();
  /// Ends everything. Its tasks end soon after.
  void stop();

 private:
  struct Subscriber {
    std::string extension;
    TelemetryInterface interface;
    SubscribeRequest request;
    std::shared_ptr<TelemetryDelivery> delivery;
  };
  /// A record from before the subscription, as either interface has it.
  struct Past {
    std::string_view type;
    std::string telemetry;
    std::string logs;
  };

  void keep(Past past);
  void replay(const Subscriber& subscriber) const;
  [[nodiscard]] std::string line_record(std::string_view type, std::string_view message, TimePoint now) const;

  Executor executor_;
  Clock& clock_;
  TaskGroup& tasks_;
  const Logging::Format format_;
  ConnectInside connect_;
  std::vector<Subscriber> subscribers_;
  std::vector<Past> past_;
  std::size_t past_bytes_ = 0;
  std::uint64_t lost_records_ = 0;
  std::uint64_t lost_bytes_ = 0;
  bool open_ = true;
  bool paused_ = false;
};

}  // namespace martlet::environments
