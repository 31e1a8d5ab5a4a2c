#pragma once

// Writing events: the one way in, for PutLogEvents and for what functions print.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/logs/records.h"
#include "store/store.h"

namespace martlet::logs {

/// Gives every event of the store a number of its own that grows with their arrival, without reading the
/// store: an epoch, taken from the store once in the life of the process, and a counter within it. Lives on
/// the loop.
class SequenceNumbers {
 public:
  explicit SequenceNumbers(store::Store& store) : store_(store) {}

  /// To be awaited before next(), outside any transaction; costs nothing after the first time.
  Task<> start();
  std::uint64_t next() { return next_++; }
  /// After the store was cleared.
  void reset() { next_ = 0; }

 private:
  store::Store& store_;
  /// 0 until start().
  std::uint64_t next_ = 0;
};

struct NewEvent {
  std::int64_t timestamp_ms = 0;
  std::string message;
};

/// The hour in which a stream was last written, and what is stored of it: spares the next write a look.
struct LastHour {
  std::int64_t hour = 0;
  std::int64_t bytes = 0;
};

struct Written {
  std::uint64_t last_sequence = 0;
  std::optional<LastHour> hour;
};

/// Puts `events`, of which there is at least one, into a stream. With `known` from the write before (and no
/// other writer to this stream) and events of that same hour, nothing is read. `stream` and `events` must
/// outlive the call.
Task<Written> write_events(store::Txn& txn, SequenceNumbers& numbers, std::uint64_t group,
                           const StreamRecord& stream, const std::vector<NewEvent>& events,
                           std::int64_t now_ms, std::optional<LastHour> known);

}  // namespace martlet::logs
