#pragma once

// What Amazon SNS needs of the rest of the server; all of it outlives the service.

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/task.h"
#include "store/store.h"
#include "targets/targets.h"

namespace martlet::sns {

struct Dependencies {
  Executor executor;
  store::Store& store;
  BlockingPool& pool;
  Clock& clock;
  Ids& ids;
  metrics::Registry& metrics;
  /// Where subscriptions and dead-letter queues are found.
  const targets::Targets& targets;
};

}  // namespace martlet::sns
