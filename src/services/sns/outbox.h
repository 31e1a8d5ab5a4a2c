#pragma once

// Outbox: where email and text messages end, to be read by whoever tests with them. It is in the store, and
// bounded: the oldest leave first. Owned by the service; lives on the loop.

#include <cstdint>
#include <string>

#include "base/task.h"
#include "net/http.h"
#include "services/sns/records.h"
#include "store/store.h"

namespace martlet::sns {

class Outbox {
 public:
  explicit Outbox(store::Store& store) : store_(store) {}

  /// Reads where it stands. Once, before anything is added.
  Task<> restore();
  void reset() { next_ = 1; }

  /// Adds a message as part of `txn`.
  void add(store::Txn& txn, const OutboxRecord& record);

  /// GET: all messages as JSON, the newest last; ?protocol= and ?to= choose. DELETE: empties it.
  Task<> answer(net::Request& request, net::ResponseWriter& writer);

 private:
  store::Store& store_;
  std::uint64_t next_ = 1;
};

}  // namespace martlet::sns
