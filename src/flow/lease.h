#pragma once

// Lease: which node does a background job now. The holder renews it; when a node has crashed, another one
// gets it after its time is over. A lease says who should work, not that nobody else ever does: what must
// happen once is guarded by its own transaction, which may include held_in(). Lives on the loop.

#include <string>

#include "base/clock.h"
#include "store/store.h"

namespace martlet::flow {

class Lease {
 public:
  /// `key` is the encoded store key of the job, `holder` names this node among all.
  Lease(store::Store& store, Clock& clock, std::string key, std::string holder, Duration duration);

  /// Takes the lease, or prolongs it where this node has it. False when somebody else has it.
  Task<bool> acquire();
  /// Waits until it could be taken.
  Task<> wait();
  /// Lets others have it at once. No effect unless this node has it.
  Task<> release();
  /// Whether this node has it, as part of `txn`: the transaction then commits only if that has not changed.
  Task<bool> held_in(store::Txn& txn);

 private:
  store::Store& store_;
  Clock& clock_;
  const std::string key_;
  const std::string holder_;
  const Duration duration_;
};

}  // namespace martlet::flow
