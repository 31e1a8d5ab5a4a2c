#pragma once

// AsyncInvocations: the durable queues behind Invoke with InvocationType Event. An event that was accepted is
// in the store; it leaves it in the transaction that also hands its record to a destination or dead-letter
// queue. Each function has a queue of its own, so that one that is throttled or slow keeps nobody else
// waiting, and a dispatcher that gives its due events to environments, as many at a time as the function
// turns out to be able to take. Owned by the service; lives on the loop.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/task.h"
#include "services/lambda/async_event.h"
#include "services/lambda/async_retry.h"
#include "store/store.h"
#include "targets/targets.h"

namespace martlet::lambda {

struct AsyncDependencies {
  Executor executor;
  store::Store& store;
  Clock& clock;
  Ids& ids;
  const targets::Targets& targets;
  metrics::Registry& metrics;
  /// Makes one attempt. What it throws counts as a failure of the platform.
  std::function<Task<AsyncAttempt>(AsyncEvent event)> attempt;
  /// The settings that hold now for the function, version or alias; nullopt when there is none any more.
  std::function<Task<std::optional<AsyncSettings>>(AsyncEvent event)> settings;
};

class AsyncInvocations {
 public:
  explicit AsyncInvocations(AsyncDependencies with);
  ~AsyncInvocations();
  AsyncInvocations(const AsyncInvocations&) = delete;
  AsyncInvocations& operator=(const AsyncInvocations&) = delete;

  /// Takes up the events that the store holds from before. Owners call it once, before events are added.
  Task<> recover();
  /// Accepts an event as part of `txn`.
  void add(store::Txn& txn, const AsyncEvent& event);
  /// Forgets everything in memory (when the store is cleared).
  void reset();
  /// Ends all dispatchers and waits for attempts under way to end.
  Task<> stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::lambda
