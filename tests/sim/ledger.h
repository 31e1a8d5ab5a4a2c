#pragma once

// Ledger: what was promised and what happened, kept outside the server so that no crash touches it, and the
// invariants:
//
// - Nothing that was acknowledged is lost: it was handled with success or is in its dead-letter queue.
// - Nothing is deleted before its handling has succeeded.
// - A message that was received is nobody else's until its time is over or its holder has given it back; none
// comes
//   before its delay is over.
// - What a client sends again with the same deduplication id within five minutes is one message.
// - The messages of a FIFO group are handled in the order of their sending: none before all earlier ones have
// succeeded
//   or are dead letters.
// - Receive counts grow by each receiving; a dead letter was received as often as its queue allows, never
// more.
//
// A breach is noted in words; a run without notes has passed.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"

namespace martlet::sim {

/// What is sent, named by an id that is its body.
struct Item {
  /// Of the FIFO queue; empty for others.
  std::string group = {};
  /// Its handling always fails.
  bool is_poison = false;
  bool is_async = false;
  bool acknowledged = false;
  /// Delayed until then.
  TimePoint not_before = {};
  /// Sent again after it may have got lost: its place in its group is not known.
  bool has_no_place = false;

  std::uint32_t last_count = 0;
  std::uint32_t reads = 0;
  TimePoint held_until = {};
  int handlers = 0;
  int attempts = 0;
  int successes = 0;
  int deaths = 0;
};

class Ledger {
 public:
  explicit Ledger(std::uint32_t most_receives) : most_receives_(most_receives) {}

  /// Told everything that is noted.
  void set_trace(std::function<void(const std::string& what)> trace) { trace_ = std::move(trace); }

  /// Before it is sent: it may get through although nobody is told.
  void sending(const std::string& id, Item item);
  void acknowledged(const std::string& id);
  /// Before it is sent again with the same deduplication id.
  void sending_again(const std::string& id);

  /// A message was received for the `count`th time and is held until then.
  void received(const std::string& id, std::uint32_t count, TimePoint held_until, TimePoint now);
  /// Before whoever received it for the `count`th time lets others have it from then on at the earliest, and
  /// after that was acknowledged. Without effect once somebody else has received it.
  void letting_go(const std::string& id, std::uint32_t count, TimePoint due);
  void let_go(const std::string& id, std::uint32_t count, TimePoint due);
  /// Before the mapping deletes it.
  void deleting(const std::string& id);
  /// A handler was given the message in a batch, begins with it after those that it is through with, and has
  /// let go of the batch.
  TimePoint handler_holds(const std::string& id, TimePoint now);
  void handler_begins(const std::string& id, const std::vector<std::string>& through_with);
  void handler_leaves(const std::string& id);
  void succeeded(const std::string& id);
  /// An asynchronous event was given to its function.
  void attempted(const std::string& id);
  /// Found in its dead-letter queue at the end.
  void dead(const std::string& id);
  /// Handlers under way are no more, and receivings may have been written of which nobody was told.
  void crashed();

  [[nodiscard]] bool is_poison(const std::string& id) const { return items_.at(id).is_poison; }
  /// Whether everything acknowledged that is not poison has succeeded at least once, and nothing runs.
  [[nodiscard]] bool all_succeeded() const;
  /// Holds the end against the invariants.
  void close();

  [[nodiscard]] const std::vector<std::string>& breaches() const { return breaches_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

 private:
  void breach(std::string what);
  void trace(const std::string& what) const {
    if (trace_) trace_(what);
  }
  void check_order(const std::string& id, const Item& item, const std::set<std::string>& through_with);

  std::uint32_t most_receives_;
  std::map<std::string, Item> items_;
  /// Ids of each group in the order of their sending.
  std::map<std::string, std::vector<std::string>> groups_;
  /// (earlier, later): the later one was handled when the earlier one had not succeeded, so that one must be
  /// dead.
  std::set<std::pair<std::string, std::string>> must_be_dead_;
  std::uint32_t crashes_ = 0;
  std::vector<std::string> breaches_;
  std::function<void(const std::string&)> trace_;
};

}  // namespace martlet::sim
