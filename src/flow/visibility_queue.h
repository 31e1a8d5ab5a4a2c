#pragma once

// VisibilityQueue: durable messages that somebody outside takes for a while. A message that was received is
// nobody else's until its visibility timeout is over; then, unless it was erased, it can be received again
// and its receive count tells how often it was. Receiving is written down, so counts and timeouts survive a
// crash. SQS is this queue; its messages' content is the owner's business.
//
// Two orders: *standard* gives visible messages about in the order of their sending, those of quiet groups
// before those of groups that have much in flight (fair queues); *FIFO* gives the messages of a group
// strictly in the order of their sending, as many of a group as it can, and none of a group that has one in
// flight.
//
// Memory holds a bounded window of the messages that can be received next; the rest stays in the store.
// Commit and wake-up are one step: who waits in receive() is woken by the commit, or by the clock when a
// message becomes visible. Owned by whoever drives it; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/task.h"
#include "store/store.h"

namespace martlet::flow {

/// One receiving of a message: what a receipt handle says.
struct Receipt {
  std::uint64_t sequence = 0;
  /// When the message was to become visible again, at the time it was received.
  std::int64_t due_ms = 0;
  /// Tells this receiving from others of the same message.
  std::uint64_t lease = 0;
};

struct NewMessage {
  std::string payload;
  /// FIFO: required. Standard: the tenant whose fair share counts; may be empty.
  std::string group;
  /// When it was sent, for its age and its retention.
  TimePoint sent;
  /// Nobody gets it before.
  TimePoint due;
};

struct ReceivedMessage {
  /// Grows in the order of sending; also the SequenceNumber of FIFO messages.
  std::uint64_t sequence = 0;
  std::string payload;
  std::string group;
  std::int64_t sent_ms = 0;
  std::int64_t first_received_ms = 0;
  /// This receiving included.
  std::uint32_t receives = 0;
  Receipt receipt;
};

struct ReceiveOptions {
  std::size_t most = 1;
  Duration visibility{};
  /// Waits until then for the first message (wall time); nullopt: until there is one or the queue is closed.
  std::optional<TimePoint> wait_until = std::nullopt;
  /// A message that was received this often already is not given out but handed to `exceeded`, as part of the
  /// transaction that erases it here; 0: never.
  std::uint32_t most_receives = 0;
  std::function<Task<>(store::Txn& txn, ReceivedMessage message)> exceeded = {};
  /// Asked before each wait; true ends it (the client has gone, a reader was closed).
  std::function<bool()> abandoned = {};
};

enum class Settled {
  kDone,
  /// Erased already, or never there.
  kGone,
  /// Its visibility timeout is over (it may have been received again since).
  kExpired,
};

struct QueueCounts {
  std::uint64_t visible = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t delayed = 0;
};

struct VisibilityQueueSettings {
  /// Never changes.
  bool fifo = false;
  /// Messages older than this are erased.
  Duration retention = std::chrono::days(4);
  /// No more are given out while so many are in flight.
  std::size_t most_in_flight = 120'000;
  /// Messages of which memory knows, about.
  std::size_t window = 4096;
};

/// A receive() of a standard queue that does not wait (any longer) found messages, but as many as may be are
/// in flight. A FIFO queue just gives none.
class TooManyInFlight : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "too many messages are in flight"; }
};

class VisibilityQueue {
 public:
  /// `prefix` is an encoded store key below which only this queue writes. What is passed by reference must
  /// outlive the queue, and the queue every transaction that it took part in.
  VisibilityQueue(Executor executor, store::Store& store, Clock& clock, Ids& ids, std::string prefix,
                  VisibilityQueueSettings settings);
  ~VisibilityQueue();
  VisibilityQueue(const VisibilityQueue&) = delete;
  VisibilityQueue& operator=(const VisibilityQueue&) = delete;

  /// Reads what it must know of the store before anything else is called.
  Task<> open();
  /// Takes over other settings (fifo excepted).
  void configure(VisibilityQueueSettings settings);

  /// Adds a message when `txn` commits. Returns its sequence number.
  std::uint64_t send(store::Txn& txn, NewMessage message);

  /// Takes messages; empty when the wait ended without any, or the queue is closed. Throws TooManyInFlight.
  Task<std::vector<ReceivedMessage>> receive(ReceiveOptions options);

  /// Erases what was received. Standard queues do so after the timeout too, unless it was received again
  /// since.
  Task<Settled> erase(store::Txn& txn, Receipt receipt);
  /// The message becomes visible at `due` instead. The receipt stays good.
  Task<Settled> change_visibility(store::Txn& txn, Receipt receipt, TimePoint due);

  /// Erases everything sent before.
  Task<> purge();
  Task<QueueCounts> counts();
  /// When the oldest message was sent; nullopt when there is none.
  Task<std::optional<TimePoint>> oldest();

  /// Has every receive() that waits ask `abandoned` again.
  void recheck();
  /// Ends every receive(), now and later.
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::flow
