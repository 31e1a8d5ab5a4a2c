#pragma once

// Deduplication: remembers ids, each with a value, until a time; what FIFO queues and topics need to know
// whether they were sent a message before. It takes part in its caller's transactions, so that an id is
// remembered exactly if what it stands for has happened. Entries whose time is over are not found, and are
// erased a few at a time as others are added. Owned by whoever asks; lives on the loop.

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "store/store.h"

namespace martlet::flow {

class Deduplication {
 public:
  /// `prefix` is an encoded store key below which only objects of this kind write. The clock must outlive
  /// this, and this every transaction that it took part in. It may be made and dropped at any time: memory
  /// holds nothing but hints.
  Deduplication(Clock& clock, std::string prefix);
  Deduplication(const Deduplication&) = delete;
  Deduplication& operator=(const Deduplication&) = delete;

  /// The value under `id`; nullopt when it is not remembered (any longer).
  Task<std::optional<std::string>> find(store::Txn& txn, std::string id);
  /// Remembers `id` until `expires`, in place of what is remembered under it.
  Task<> remember(store::Txn& txn, std::string id, std::string value, TimePoint expires);

 private:
  [[nodiscard]] std::string entry_key(const std::string& id) const;
  [[nodiscard]] std::string expiry_key(std::int64_t expires_ms, const std::string& id) const;
  Task<> sweep(store::Txn& txn, std::int64_t now_ms);

  Clock& clock_;
  /// ("i", id) -> what is remembered
  const std::string entries_;
  /// ("e", expires, id) -> nothing: the order in which entries expire
  const std::string expiries_;

  /// Calls of remember() since the last sweep.
  int added_ = 0;
  /// No entry expires earlier, so far as is known: sweeps begin here, past what earlier ones erased.
  std::int64_t first_expiry_ms_ = 0;
};

}  // namespace martlet::flow
