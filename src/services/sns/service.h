#pragma once

// Amazon SNS: topics and their subscriptions. Owned by the server; lives on the loop.

#include "api/sns/api.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "store/store.h"
#include "targets/targets.h"

namespace martlet::sns {

struct Dependencies {
  Executor executor;
  store::Store& store;
  Clock& clock;
  Ids& ids;
  metrics::Registry& metrics;
  /// Where subscriptions and dead-letter queues are found.
  const targets::Targets& targets;
};

class SnsService final : public Api {
 public:
  explicit SnsService(Dependencies with) : with_(std::move(with)) {}

 private:
  Dependencies with_;
};

}  // namespace martlet::sns
