#pragma once

// The gateway's metrics: requests by service, operation and status, and how long they took. Handles are
// looked up once per operation and status.

#include <memory>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "wire/service.h"

namespace martlet::gateway {

class RequestMetrics {
 public:
  explicit RequestMetrics(metrics::Registry& registry) : registry_(registry) {}

  /// `service` and `operation` may be null where a request did not get that far.
  void record(const wire::ServiceModel* service, const wire::Operation* operation, int status, Duration took);

 private:
  struct PerOperation {
    metrics::Histogram* durations;
    std::vector<std::pair<int, metrics::Counter*>> by_status;
  };
  PerOperation& find(const wire::ServiceModel* service, const wire::Operation* operation);

  metrics::Registry& registry_;
  /// By the operation, or by the service for requests without one. Both are constants of the program.
  std::unordered_map<const void*, PerOperation> known_;
};

}  // namespace martlet::gateway
