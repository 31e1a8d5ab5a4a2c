#pragma once

// Timers: durable timers by name. A timer is set, moved and cancelled as part of the transaction that is the
// reason for it, and done with as part of the transaction that holds its consequences; after a crash it is
// due again. Built on Queue: who waits in next() is woken by the clock, nothing polls. Owned by whoever
// drives it; lives on the loop.

#include <cstdint>
#include <optional>
#include <string>

#include "flow/queue.h"

namespace martlet::flow {

struct Timer {
  std::string name;
  /// What setting it gave.
  std::string payload;
  TimePoint due;
  /// Where it stands among the others.
  Position position;
};

class Timers {
 public:
  /// As Queue's: `prefix` is an encoded store key below which only these timers write.
  Timers(Executor executor, store::Store& store, Clock& clock, Ids& ids, const std::string& prefix);

  /// Sets the timer of that name, in place of one that is set, when `txn` commits.
  Task<> set(store::Txn& txn, std::string name, TimePoint due, std::string payload);
  /// False when there is none.
  Task<bool> cancel(store::Txn& txn, std::string name);
  /// nullopt when it is not set.
  Task<std::optional<Timer>> find(store::Txn& txn, std::string name);

  /// Waits for the next timer that is due. It is nobody else's until it is done with or released. nullopt
  /// once closed.
  Task<std::optional<Timer>> next();
  /// Its consequences are part of `txn`. False when it was cancelled or set anew meanwhile: then they must
  /// not happen.
  Task<bool> done(store::Txn& txn, Timer timer);
  /// It is due again at once.
  void release(const Timer& timer);
  /// Ends every next(), now and later.
  void close() { queue_.close(); }

 private:
  [[nodiscard]] std::string key_of(const std::string& name) const;

  store::Store& store_;
  const std::string prefix_;
  Queue queue_;
};

}  // namespace martlet::flow
