#pragma once

// Those who wait in receive(), in the order in which they came. One is woken for what became available; it
// wakes the next one if it leaves something. Owned by the queue; lives on the loop.

#include <cstdint>
#include <list>
#include <map>

#include "base/signal.h"
#include "base/task.h"

namespace martlet::flow {

class Waiters {
 public:
  explicit Waiters(Executor executor) : executor_(std::move(executor)) {}
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  /// Waits to be woken; by the clock at `until_ms` at the latest, see wake_due().
  Task<> wait(std::int64_t until_ms);

  /// Wakes who has waited longest, unless somebody who was woken this way is still on the way.
  void wake_one();
  /// Wakes those who wait until `now_ms` at most.
  void wake_due(std::int64_t now_ms);
  void wake_all();

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  /// The first time for wake_due(); INT64_MAX: never.
  [[nodiscard]] std::int64_t next_due_ms() const;

 private:
  struct Waiter {
    explicit Waiter(const Executor& executor) : signal(executor) {}
    Signal signal;
    bool woken = false;
    /// By wake_one().
    bool chosen = false;
    std::multimap<std::int64_t, Waiter*>::iterator in_time;
  };
  class Place;
  void wake(Waiter& waiter);

  Executor executor_;
  std::list<Waiter*> waiting_;
  /// Those who were not woken yet.
  std::multimap<std::int64_t, Waiter*> by_time_;
  bool on_the_way_ = false;
};

}  // namespace martlet::flow
