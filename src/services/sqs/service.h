#pragma once

// Amazon SQS: standard and FIFO queues. Owned by the server; lives on the loop.

#include "api/sqs/api.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "store/store.h"
#include "targets/targets.h"

namespace martlet::sqs {

struct Dependencies {
  Executor executor;
  store::Store& store;
  Clock& clock;
  Ids& ids;
  metrics::Registry& metrics;
};

class SqsService final : public Api {
 public:
  explicit SqsService(Dependencies with) : with_(std::move(with)) {}

 private:
  Dependencies with_;
};

}  // namespace martlet::sqs
