#pragma once

// The inside of a VisibilityQueue: what memory knows of the messages and the steps that change it. Everything
// here follows from the store; open() makes it anew. Lives on the loop.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/task_group.h"
#include "flow/visibility_queue.h"
#include "flow/visibility_records.h"
#include "flow/visibility_waiters.h"
#include "flow/visibility_window.h"

namespace martlet::flow {

/// Before what a failure of the store has kept from its end is tried again.
inline constexpr Duration kPauseAfterFailure = std::chrono::seconds(1);

/// When messages that were sent with a delay become visible: how many are left.
class DelayCounter {
 public:
  void add(std::int64_t due_ms, std::int64_t now_ms);
  void remove(std::int64_t due_ms);
  std::size_t left(std::int64_t now_ms);

 private:
  [[nodiscard]] std::int64_t bucket(std::int64_t due_ms) const {
    return (due_ms + step_ms_ - 1) / step_ms_ * step_ms_;
  }
  void coarsen();

  /// Times are rounded up to this; more than 1 only where there are very many.
  std::int64_t step_ms_ = 1;
  std::map<std::int64_t, std::size_t> counts_;
  std::size_t total_ = 0;
};

struct VisibilityQueue::Impl : std::enable_shared_from_this<VisibilityQueue::Impl> {
  using DelayedPlace = std::pair<std::int64_t, std::uint64_t>;

  Impl(Executor executor, store::Store& store, Clock& clock, Ids& ids, const std::string& prefix,
       VisibilityQueueSettings settings);

  // Opening and loading (visibility_loading.cc)
  Task<> open();
  Task<> open_states();
  Task<> open_delayed();
  Task<> correct_delays();
  Task<> correct_delay(store::Txn& txn, DelayedPlace place, MessageState state);
  Task<> open_latest();
  void opened_state(std::uint64_t sequence, const MessageState& state);
  Task<> load();
  Task<> load_delayed();
  [[nodiscard]] bool must_load() const;
  [[nodiscard]] bool must_load_delayed() const;
  /// Fewer messages than this in the window of a standard queue make it read more.
  [[nodiscard]] std::size_t few() const;

  // Sending (visibility_queue.cc)
  std::uint64_t send(store::Txn& txn, NewMessage message);
  std::uint64_t next_sequence(store::Txn& txn);
  void sent(std::uint64_t sequence, const std::string& group, std::int64_t due_ms, std::int64_t delayed_ms);

  // Receiving (visibility_receive.cc)
  struct Taking;
  struct Round;
  static Task<std::vector<ReceivedMessage>> receive(std::shared_ptr<Impl> self, ReceiveOptions options);
  Task<std::vector<ReceivedMessage>> take(const ReceiveOptions& options);
  Task<MessageState> state_of(store::Txn& txn, Candidate candidate, const StoredMessage& message);
  Task<> receive_one(store::Txn& txn, Candidate candidate, std::uint64_t lease, const ReceiveOptions& options,
                     Round& round);
  void committed(Round& round);
  void received(std::uint64_t sequence, const MessageState& state);
  [[nodiscard]] bool on_the_way(std::uint64_t sequence, std::uint64_t lease) const;
  void give_back(const Candidate& candidate, std::uint64_t lease);
  void drop(std::uint64_t sequence, std::uint64_t lease);
  Task<bool> was_received(std::uint64_t sequence, std::uint64_t lease);
  static Task<> find_out(std::shared_ptr<Impl> self, std::vector<Candidate> candidates, std::uint64_t lease);
  [[nodiscard]] std::size_t room() const;

  // Settling (visibility_settle.cc)
  Task<Settled> erase(store::Txn& txn, Receipt receipt);
  Task<Settled> change_visibility(store::Txn& txn, Receipt receipt, TimePoint due);
  void changed(std::uint64_t sequence, std::uint64_t lease, std::int64_t due_ms);
  void erase_keys(store::Txn& txn, std::uint64_t sequence, std::int64_t delayed_ms, std::int64_t aged_ms);
  /// A message is gone from the store. `delayed_ms`: when its delay is over, if it had one; else 0.
  void erased(std::uint64_t sequence, std::int64_t delayed_ms);
  [[nodiscard]] bool in_flight(std::uint64_t sequence, std::uint64_t lease) const;
  static Task<> purge(std::shared_ptr<Impl> self);
  Task<std::size_t> purge_states(std::uint64_t& from, std::uint64_t end);
  Task<std::size_t> purge_delayed(DelayedPlace& from, std::uint64_t end);

  // Ages (visibility_ages.cc)
  static Task<std::optional<std::int64_t>> settle_ages(std::shared_ptr<Impl> self);
  Task<std::optional<std::int64_t>> settle_messages(bool& more);
  Task<std::optional<std::int64_t>> settle_index(bool& more);
  [[nodiscard]] std::uint64_t least_sequence() const;
  [[nodiscard]] bool expired(std::int64_t sent_ms) const;
  void plan_ages(std::int64_t oldest_ms);
  static Task<> erase_expired(std::shared_ptr<Impl> self);

  // Time (visibility_time.cc)
  [[nodiscard]] std::int64_t now_ms() const { return to_epoch_ms(clock.now()); }
  /// Does what time has brought.
  void pass_time();
  /// Wakes somebody if there is something to be had.
  void wake();
  /// Sees to it that somebody looks again when time brings something.
  void plan();
  void plan(std::int64_t at_ms);
  [[nodiscard]] std::int64_t next_visible_ms() const;
  static Task<> sleep(std::weak_ptr<Impl> queue, Clock& clock, std::int64_t until_ms);
  void woken();
  void close();
  [[nodiscard]] QueueCounts counts();

  /// Adds to the window what is at or before its horizon.
  void add(std::uint64_t sequence, const std::string& group, WindowEntry entry);
  void limit_window();
  void limit_delayed();

  Executor executor;
  store::Store& store;
  Clock& clock;
  const VisibilityKeys keys;
  VisibilityQueueSettings settings;
  bool closed = false;

  std::uint64_t next = 1;
  /// Sequence numbers below this are known by the store to have been used.
  std::uint64_t reserved = 1;
  std::uint64_t next_lease;
  /// No message that is not in the index of ages was sent later.
  std::int64_t latest_sent_ms = INT64_MIN;

  std::unique_ptr<MessageWindow> window;
  /// Every state in the store up to here is in the window or taken; nullopt: all are.
  std::optional<std::uint64_t> horizon;
  /// A FIFO window grows up to its limit when nothing in it is available; not cut below this.
  std::size_t window_grown = 0;

  /// Standard queues: those sent with a delay that are due next.
  std::map<DelayedPlace, std::string> delayed;
  /// Every one of them up to here is known, as for `horizon`.
  std::optional<DelayedPlace> delayed_horizon;

  /// Messages in flight and those on the way there.
  struct Taken {
    MessageGroup* group = nullptr;
    std::uint64_t lease = 0;
    /// INT64_MAX while it is on the way.
    std::int64_t due_ms = INT64_MAX;
    std::uint32_t receives = 0;
  };
  std::unordered_map<std::uint64_t, Taken> taken;
  /// Those in flight by the end of their timeouts.
  std::set<std::pair<std::int64_t, std::uint64_t>> timeouts;

  std::size_t total = 0;
  DelayCounter delays;

  /// Below it every message in the store is in the index of ages.
  std::uint64_t ages_from = 1;
  /// No entry of the index of ages is before it.
  std::int64_t aged_from_ms = INT64_MIN;
  /// When the next message expires, at the earliest.
  std::int64_t next_expiry_ms = INT64_MAX;
  bool erasing_expired = false;
  std::int64_t erased_expired_ms = 0;

  Waiters waiters;
  /// When the next sleeper wakes up.
  std::int64_t planned_ms = INT64_MAX;
  TaskGroup tasks;
};

}  // namespace martlet::flow
