#pragma once

// Store: the ordered, transactional key-value store in which everything Martlet knows lives.
//
// Work happens in transactions that are serializable: a transaction reads one snapshot, sees its own writes,
// and commits only if nothing it read was changed meanwhile. transact() runs its body again on such a
// conflict, so the body must have no effect but through its Txn. Keys are ordered byte strings, made by
// store/key.h. Lives on the loop.
//
// What a committed transaction wrote survives a crash of the process (Durability::kProcess, the default) or
// of the machine (kDisk: acknowledged after fsync, many transactions sharing one).

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/task.h"

namespace martlet::store {

enum class Durability { kProcess, kDisk };

struct KeyValue {
  std::string key;
  std::string value;
};

/// Keys in [begin, end).
struct Range {
  std::string begin;
  std::string end;
};

enum class Order { kAscending, kDescending };

struct ScanOptions {
  /// At most this many pairs; 0 means no limit.
  std::size_t limit = 0;
  Order order = Order::kAscending;
};

/// Reaches the caller of transact() when a transaction met a conflict many times in a row: its body waits for
/// something while others keep changing what it reads. Nothing was written.
class Conflict : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "transaction conflict"; }
};

/// One transaction. Not to be kept beyond the body it was given to. Keys are those that store/key.h makes:
/// others throw std::logic_error when written and are not found when read.
class Txn {
 public:
  virtual ~Txn() = default;

  virtual Task<std::optional<std::string>> get(std::string key) = 0;
  /// The pairs of `range` in order, this transaction's own writes included.
  virtual Task<std::vector<KeyValue>> scan(Range range, ScanOptions options = {}) = 0;

  virtual void put(std::string key, std::string value) = 0;
  virtual void erase(std::string key) = 0;
  virtual void erase_range(Range range) = 0;

  /// Runs `action` on the loop once the transaction has committed (and is as durable as the store promises),
  /// before transact() returns. Never runs for an attempt that did not commit. This is how a commit wakes
  /// those who wait.
  virtual void after_commit(std::function<void()> action) = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  /// Runs `body(Txn&) -> Task<R>` until it commits; returns its result. An exception of the body abandons the
  /// transaction and reaches the caller. A body that wrote nothing costs no commit.
  template <class F>
  auto transact(F body) -> std::invoke_result_t<F&, Txn&> {
    using R = typename std::invoke_result_t<F&, Txn&>::value_type;
    for (int attempt = 0;; ++attempt) {
      std::unique_ptr<Txn> txn = begin();
      if constexpr (std::is_void_v<R>) {
        co_await body(*txn);
        if (co_await commit(*txn, attempt)) co_return;
      } else {
        R result = co_await body(*txn);
        if (co_await commit(*txn, attempt)) co_return result;
      }
    }
  }

  /// Pairs in the store, about.
  [[nodiscard]] virtual std::size_t approximate_size() const = 0;
  /// Forgets everything (POST /_martlet/reset). Transactions under way meet a conflict.
  virtual Task<> clear() = 0;
  /// Waits for commits under way, brings them to the disk and closes files. Everything called afterwards
  /// throws. A store that was opened with Durability::kDisk must be closed before its loop ends.
  virtual Task<> close() = 0;

 protected:
  virtual std::unique_ptr<Txn> begin() = 0;
  /// True when committed; false when the body must run again. Throws Conflict after too many attempts.
  virtual Task<bool> commit(Txn& txn, int attempt) = 0;
};

/// Everything in memory: for tests, simulations and `martlet serve --ephemeral`.
std::unique_ptr<Store> make_memory_store(Executor executor);

struct RocksDbOptions {
  /// Created when absent, readable by its owner only.
  std::string directory;
  Durability durability = Durability::kProcess;
};

/// On disk. Throws std::runtime_error, with the remedy, when the directory cannot be used or is in use by
/// another process.
std::unique_ptr<Store> open_rocksdb_store(Executor executor, const RocksDbOptions& options);

}  // namespace martlet::store
