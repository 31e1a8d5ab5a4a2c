#pragma once

// HttpDeliveries: messages on their way to HTTP endpoints. Each waits in the store until its endpoint took it
// or its subscription's delivery policy is at its end; what is given up goes to the dead-letter queue. Each
// subscription has a queue of its own, so that an endpoint that hangs keeps no other waiting. Waits between
// attempts are wall time; those within one are elapsed time. Owned by the service; lives on the loop.

#include <memory>
#include <string>

#include "base/task.h"
#include "services/sns/dependencies.h"
#include "services/sns/names.h"
#include "services/sns/records.h"
#include "services/sns/signing.h"
#include "services/sns/sns_metrics.h"
#include "store/store.h"

namespace martlet::sns {

class HttpDeliveries {
 public:
  /// All outlive the tasks of this: co_await stop() first.
  HttpDeliveries(Dependencies with, Signing& signing, SnsMetrics& metrics);
  ~HttpDeliveries();
  HttpDeliveries(const HttpDeliveries&) = delete;
  HttpDeliveries& operator=(const HttpDeliveries&) = delete;

  /// Takes up what the store holds from before. Once, before anything is added.
  Task<> restore();
  /// Accepts a message as part of `txn`.
  void add(store::Txn& txn, const TopicName& topic, const HttpDeliveryRecord& record);
  /// Forgets everything in memory (when the store is cleared).
  void reset();
  /// Ends attempts under way and waits for their end.
  Task<> stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::sns
