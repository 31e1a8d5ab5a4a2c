#pragma once

// Queue: durable messages, each with a time before which nobody gets it. A message is put in as part of the
// transaction that causes it, and taken out as part of the transaction that holds its consequences. Who waits
// in take() is woken by the commit, or by the clock when a message becomes due: nothing polls.
//
// A message that was taken is nobody else's until it is erased, put back or released. Taking is not written
// down: after a crash all messages that were taken can be taken again, so handling is at least once. Messages
// come in the order of their due times; those of the same millisecond in that of their commits. Owned by
// whoever drives it; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/signal.h"
#include "base/task.h"
#include "base/task_group.h"
#include "store/store.h"

namespace martlet::flow {

/// Where a message stands in its queue.
struct Position {
  std::int64_t due_ms = 0;
  /// Counts the messages of one run of the server.
  std::uint64_t number = 0;
  /// Tells the runs of the server apart.
  std::uint64_t boot = 0;
  auto operator<=>(const Position&) const = default;
};

struct Message {
  Position position;
  std::string body;
};

struct QueueOptions {
  /// Positions kept in memory, about; the rest is read when these are used up.
  std::size_t window = 4096;
};

class Queue {
 public:
  /// `prefix` is an encoded store key below which only this queue writes. What is passed by reference must
  /// outlive the queue, and the queue every transaction that it took part in.
  Queue(Executor executor, store::Store& store, Clock& clock, Ids& ids, std::string prefix,
        QueueOptions options = {});
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// Adds a message when `txn` commits; it can be taken from `due` on. Returns where it stands.
  Position put(store::Txn& txn, std::string body, TimePoint due);

  /// The next due message that nobody has; waits until there is one. nullopt once the queue is closed.
  Task<std::optional<Message>> take();

  // What becomes of a taken message, when `txn` commits: exactly one of these.

  /// It is done with. One that nobody has taken may be erased by its position, too.
  void erase(store::Txn& txn, const Message& message) { erase(txn, message.position); }
  void erase(store::Txn& txn, const Position& position);
  /// It can be taken again from `due` on, with another body.
  void put_back(store::Txn& txn, const Message& message, std::string body, TimePoint due);
  /// It can be taken again at once, as if it had not been taken. Needs no transaction.
  void release(const Message& message);

  /// Ends every take(), now and later.
  void close();

  /// Messages that were taken and are not settled.
  [[nodiscard]] std::size_t taken() const { return taken_.size(); }
  /// Whether the store holds no message of this queue, taken ones included.
  Task<bool> empty();

 private:
  struct Taking;

  Task<> load();
  Task<std::optional<std::string>> body_of(Position position);
  [[nodiscard]] std::string key_of(const Position& position) const;
  void added(const Position& position);
  void settled(const Position& position);
  void sleep_until_due();

  store::Store& store_;
  Clock& clock_;
  const std::string prefix_;
  const QueueOptions options_;
  const std::uint64_t boot_;
  std::uint64_t next_number_ = 0;

  /// The first positions of the store that nobody has taken.
  std::set<Position> window_;
  /// Everything up to here is in the window or taken; nullopt: everything is.
  std::optional<Position> horizon_ = Position{.due_ms = INT64_MIN};
  std::set<Position> taken_;
  bool loading_ = false;
  /// What was committed behind the horizon while it was being moved.
  std::vector<Position> arrived_;
  bool closed_ = false;

  /// Outlives the queue for as long as a sleeper does.
  struct Waking {
    explicit Waking(Executor executor) : changed(std::move(executor)) {}
    Signal changed;
    /// When the next sleeper wakes up.
    std::int64_t planned_ms = INT64_MAX;
  };
  static Task<> sleep(std::shared_ptr<Waking> waking, Clock& clock, std::int64_t due_ms);
  std::shared_ptr<Waking> waking_;
  TaskGroup sleepers_;
};

}  // namespace martlet::flow
