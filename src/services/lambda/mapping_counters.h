#pragma once

// The counters of an event source mapping at /metrics: what CloudWatch has as event source mapping metrics
// (EventCount). Handles on the registry, which must outlive them.

#include <string>

#include "base/metrics.h"

namespace martlet::lambda {

struct MappingCounters {
  MappingCounters(metrics::Registry& registry, const std::string& function_name, const std::string& uuid);

  /// PolledEventCount
  metrics::Counter& polled;
  /// FilteredOutEventCount
  metrics::Counter& filtered_out;
  /// InvokedEventCount
  metrics::Counter& invoked;
  /// FailedInvokeEventCount
  metrics::Counter& failed;
  /// DeletedEventCount
  metrics::Counter& deleted;
  /// DroppedEventCount: given back without an invocation, because there was no room for one in time.
  metrics::Counter& dropped;
};

}  // namespace martlet::lambda
