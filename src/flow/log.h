#pragma once

// Log: records in shards, each with a sequence number that grows by one. Readers remember how far they are;
// records stay until they are trimmed. A record is appended as part of the transaction that causes it. Within
// a shard appends are in the order of their commits, so a reader that has seen number n never finds a smaller
// one later. Who waits for more is woken by the commit. Owned by whoever drives it; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "store/store.h"

namespace martlet::flow {

struct LogEntry {
  std::uint64_t sequence = 0;
  TimePoint appended;
  std::string record;
};

class Log {
 public:
  /// `prefix` is an encoded store key below which only this log writes. What is passed by reference must
  /// outlive the log, and the log every transaction that it took part in.
  Log(Executor executor, store::Store& store, Clock& clock, std::string prefix);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Adds a record when `txn` commits. Returns its number; the first of a shard is 1. Numbers of trimmed
  /// records are not given again.
  Task<std::uint64_t> append(store::Txn& txn, std::string shard, std::string record);

  /// At most `most` records after number `after`, in order. At least one where there is any, then no more
  /// than `most_bytes` of them.
  Task<std::vector<LogEntry>> read(store::Txn& txn, std::string shard, std::uint64_t after, std::size_t most,
                                   std::size_t most_bytes = SIZE_MAX);
  /// The number of the first record that was appended at `time` or later; nullopt when there is none.
  Task<std::optional<std::uint64_t>> first_since(store::Txn& txn, std::string shard, TimePoint time);
  /// The number of the newest record ever appended to the shard; 0 for none.
  Task<std::uint64_t> newest(store::Txn& txn, std::string shard);

  /// Erases the records up to number `last`.
  void trim(store::Txn& txn, const std::string& shard, std::uint64_t last);

  /// Waits until the shard has a record after number `after`, or the log is closed (then false).
  Task<bool> wait(std::string shard, std::uint64_t after);
  /// Ends every wait(), now and later.
  void close();

 private:
  [[nodiscard]] std::string key_of(const std::string& shard, std::uint64_t sequence) const;
  [[nodiscard]] std::string newest_key(const std::string& shard) const;
  [[nodiscard]] store::Range range_after(const std::string& shard, std::uint64_t sequence) const;
  /// What has happened to a shard since somebody began to wait for it.
  struct Growth {
    explicit Growth(Executor executor) : changed(std::move(executor)) {}
    Signal changed;
    std::uint64_t commits = 0;
  };
  std::shared_ptr<Growth> growth_of(const std::string& shard);

  Executor executor_;
  store::Store& store_;
  Clock& clock_;
  const std::string prefix_;
  /// Of the shards that somebody waits for.
  std::map<std::string, std::weak_ptr<Growth>> growth_;
  bool closed_ = false;
};

}  // namespace martlet::flow
