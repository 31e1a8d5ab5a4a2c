#include "flow/visibility_waiters.h"

#include <iterator>

namespace martlet::flow {

/// A waiter's place in the line, left however its wait ends.
class Waiters::Place {
 public:
  Place(Waiters& waiters, std::int64_t until_ms) : waiters_(waiters), waiter(waiters.executor_) {
    waiter.until_ms = until_ms;
    in_line_ = waiters_.waiting_.insert(waiters_.waiting_.end(), &waiter);
    in_time_ = waiters_.by_time_.emplace(until_ms, &waiter);
  }
  ~Place() {
    waiters_.waiting_.erase(in_line_);
    waiters_.by_time_.erase(in_time_);
    if (waiter.chosen) waiters_.on_the_way_ = false;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Waiters& waiters_;
  std::list<Waiter*>::iterator in_line_;
  std::multimap<std::int64_t, Waiter*>::iterator in_time_;

 public:
  Waiter waiter;
};

Task<> Waiters::wait(std::int64_t until_ms) {
  Place place(*this, until_ms);
  co_await place.waiter.signal.wait();
}

void Waiters::wake_one() {
  if (on_the_way_) return;
  for (Waiter* waiter : waiting_) {
    if (waiter->woken) continue;
    waiter->woken = waiter->chosen = on_the_way_ = true;
    waiter->signal.notify_one();
    return;
  }
}

void Waiters::wake_due(std::int64_t now_ms) {
  for (auto it = by_time_.begin(); it != by_time_.end() && it->first <= now_ms; ++it) {
    if (std::exchange(it->second->woken, true)) continue;
    it->second->signal.notify_one();
  }
}

void Waiters::wake_all() {
  for (Waiter* waiter : waiting_) {
    if (std::exchange(waiter->woken, true)) continue;
    waiter->signal.notify_one();
  }
}

std::int64_t Waiters::next_due_ms() const { return by_time_.empty() ? INT64_MAX : by_time_.begin()->first; }

}  // namespace martlet::flow
