#pragma once

// Engine: what a storage engine must offer to carry transactions: an ordered map whose batches are applied
// whole, and snapshots that later batches leave untouched. It knows nothing of conflicts; TransactionalStore
// asks it only for what is safe. Everything is called on the loop, but sync(), which is called on a thread of
// its own beside other calls.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace martlet::store {

/// Keys of transactions begin with a byte from kFirstKeyByte up to, not including, kKeyEndByte. Those of
/// store/key.h do; what lies before is the store's own.
inline constexpr char kFirstKeyByte = 0x01;
inline constexpr char kKeyEndByte = static_cast<char>(0xFF);

/// The effect of one transaction: first `erased` empties its ranges, then `points` sets or (nullopt) erases
/// single keys.
struct Batch {
  /// Disjoint ranges, end by begin.
  std::map<std::string, std::string, std::less<>> erased;
  std::map<std::string, std::optional<std::string>, std::less<>> points;

  [[nodiscard]] bool empty() const { return erased.empty() && points.empty(); }
};

/// The map as it was when the snapshot was taken. Its end releases what only it could see.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

/// Walks the pairs of a range. What it gives out lasts until it moves. No batch may be written while it is in
/// use.
class Cursor {
 public:
  virtual ~Cursor() = default;
  [[nodiscard]] virtual bool valid() const = 0;
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string_view value() const = 0;
  virtual void next() = 0;
  /// Moves on past every key of [begin, end), in which the current key lies.
  virtual void skip(const std::string& begin, const std::string& end) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::unique_ptr<Snapshot> snapshot() = 0;
  /// `at` is nullptr for the newest state.
  virtual std::optional<std::string> get(std::string_view key, const Snapshot* at) = 0;
  virtual std::unique_ptr<Cursor> iterate(Range range, Order order, const Snapshot* at) = 0;
  /// Applies all of `batch` or, throwing, nothing. When it returns, the operating system has the batch.
  virtual void write(const Batch& batch) = 0;
  /// Returns when every batch whose write() had returned before the call is on the disk. Called on another
  /// thread.
  virtual void sync() = 0;
  [[nodiscard]] virtual std::size_t approximate_size() const = 0;
  /// Closes files; nothing but the end of snapshots may follow.
  virtual void close() = 0;
};

/// An ordered map in memory; sync() has nothing to do.
std::unique_ptr<Engine> make_memory_engine();

/// Throws std::runtime_error, with the remedy, when `directory` cannot be used or is in use.
std::unique_ptr<Engine> open_rocksdb_engine(const std::string& directory);

}  // namespace martlet::store
