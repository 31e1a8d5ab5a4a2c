#include "flow/visibility_waiters.h"

#include <iterator>

namespace martlet::flow {

/// A waiter's place in the line, left however its wait ends.
class Waiters::Place {
 public:
  Place(Waiters& waiters, std::int64_t until_ms) : waiter(waiters.executor_), waiters_(waiters) {
    in_line_ = waiters_.waiting_.insert(waiters_.waiting_.end(), &waiter);
    waiter.in_time = waiters_.by_time_.emplace(until_ms, &waiter);
  }
  ~Place() {
    waiters_.waiting_.erase(in_line_);
    if (!waiter.woken) waiters_.by_time_.erase(waiter.in_time);
    if (waiter.chosen) waiters_.on_the_way_ = false;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Waiter waiter;

 private:
  Waiters& waiters_;
  std::list<Waiter*>::iterator in_line_;
};

Task<> Waiters::wait(std::int64_t until_ms) {
  Place place(*this, until_ms);
  co_await place.waiter.signal.wait();
}

void Waiters::wake(Waiter& waiter) {
  if (waiter.woken) return;
  waiter.woken = true;
  by_time_.erase(waiter.in_time);
  waiter.signal.notify_one();
}

void Waiters::wake_one() {
  if (on_the_way_) return;
  for (Waiter* waiter : waiting_) {
    if (waiter->woken) continue;
    waiter->chosen = on_the_way_ = true;
    wake(*waiter);
    return;
  }
}

void Waiters::wake_due(std::int64_t now_ms) {
  while (!by_time_.empty() && by_time_.begin()->first <= now_ms) wake(*by_time_.begin()->second);
}

void Waiters::wake_all() {
  for (Waiter* waiter : waiting_) wake(*waiter);
}

std::int64_t Waiters::next_due_ms() const {
  for (const auto& [until_ms, waiter] : by_time_)
    if (!waiter->woken) return until_ms;
  return INT64_MAX;
}

}  // namespace martlet::flow
