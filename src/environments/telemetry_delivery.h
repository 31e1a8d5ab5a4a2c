#pragma once

// TelemetryDelivery collects the records for one subscriber and sends them in batches: when there are enough
// of them, when they are large enough, or when the first has waited long enough. A subscriber that is slow or
// gone is tried again, ever more rarely; meanwhile records beyond what may be buffered are dropped and
// counted, and the count is the first thing it is told when it takes records again. Nobody ever waits for a
// subscriber. Shared by its Telemetry and its own task; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/alarm.h"
#include "environments/telemetry_request.h"
#include "environments/telemetry_transport.h"

namespace martlet::environments {

class TelemetryDelivery : public std::enable_shared_from_this<TelemetryDelivery> {
 public:
  TelemetryDelivery(Executor executor, Clock& clock, Dialect dialect, Buffering buffering,
                    std::unique_ptr<TelemetryTransport> transport);

  /// Starts its task in `tasks`. It ends with stop().
  void start(TaskGroup& tasks);

  /// One record: a JSON object without newlines.
  void offer(std::string record);
  /// Records that were dropped before they could be offered.
  void dropped(std::uint64_t records, std::uint64_t bytes);
  /// Sends what there is without waiting for more.
  void flush();

  /// While the environment's processes are stopped nothing is sent to them.
  void pause() { paused_ = true; }
  void resume();

  /// Whether everything offered has been taken.
  [[nodiscard]] bool idle() const { return records_.empty() && !sending_; }

  /// Gives up what was not taken, and ends.
  void stop();

 private:
  static Task<> run(std::shared_ptr<TelemetryDelivery> self);
  [[nodiscard]] bool due() const;
  std::vector<std::string> take();
  void append(std::string record);
  Task<std::optional<Duration>> wake();
  Task<> deliver(std::string batch);
  /// Until `at` has passed, or the end.
  Task<> wait_until(Duration at);

  Clock& clock_;
  const Dialect dialect_;
  const Buffering buffering_;
  std::unique_ptr<TelemetryTransport> transport_;
  Signal changed_;
  Alarm alarm_;

  std::vector<std::string> records_;
  std::size_t bytes_ = 0;
  Duration first_at_{0};
  std::uint64_t dropped_records_ = 0;
  std::uint64_t dropped_bytes_ = 0;
  bool flush_ = false;
  bool paused_ = false;
  bool sending_ = false;
  bool stopped_ = false;
};

}  // namespace martlet::environments
