// Visibility queues: what time brings, and who is woken by it.

#include <algorithm>
#include <utility>

#include "flow/visibility_impl.h"

namespace martlet::flow {

namespace {

/// More different times than this are too many to be counted one by one.
constexpr std::size_t kMostTimes = 8192;

}  // namespace

void DelayCounter::add(std::int64_t due_ms, std::int64_t now_ms) {
  ++counts_[bucket(due_ms)];
  ++total_;
  if (counts_.size() <= kMostTimes) return;
  left(now_ms);
  if (counts_.size() > kMostTimes / 2) coarsen();
}

void DelayCounter::remove(std::int64_t due_ms) {
  const auto found = counts_.find(bucket(due_ms));
  if (found == counts_.end()) return;  // over before
  --total_;
  if (--found->second == 0) counts_.erase(found);
}

std::size_t DelayCounter::left(std::int64_t now_ms) {
  while (!counts_.empty() && counts_.begin()->first <= now_ms) {
    total_ -= counts_.begin()->second;
    counts_.erase(counts_.begin());
  }
  if (counts_.empty()) step_ms_ = 1;
  return total_;
}

void DelayCounter::coarsen() {
  step_ms_ *= 10;
  for (const auto& [due_ms, count] : std::exchange(counts_, {})) counts_[bucket(due_ms)] += count;
}

void VisibilityQueue::Impl::pass_time() {
  const std::int64_t now = now_ms();
  while (!timeouts.empty() && timeouts.begin()->first <= now) {
    const auto [due_ms, sequence] = *timeouts.begin();
    timeouts.erase(timeouts.begin());
    const auto found = taken.find(sequence);
    const Taken message = found->second;
    taken.erase(found);
    if (!horizon || sequence <= *horizon) {
      window->add(sequence, {.group = message.group, .due_ms = due_ms, .receives = message.receives});
    }
    window->ended(message.group);
  }
  while (!delayed.empty() && delayed.begin()->first.first <= now && window->size() < settings.window) {
    const auto& [place, group] = *delayed.begin();
    if (!taken.contains(place.second)) {
      window->add(place.second,
                  {.group = window->group(group), .due_ms = place.first, .delayed_ms = place.first});
    }
    delayed.erase(delayed.begin());
  }
  window->advance(now);
  limit_window();
}

void VisibilityQueue::Impl::wake() {
  if (waiters.empty() || room() == 0) return;
  if (window->available() || must_load() || must_load_delayed()) waiters.wake_one();
}

void VisibilityQueue::Impl::plan() {
  if (closed) return;
  std::int64_t at_ms = erasing_expired ? INT64_MAX : next_expiry_ms;
  if (!waiters.empty()) at_ms = std::min({at_ms, next_visible_ms(), waiters.next_due_ms()});
  plan(at_ms);
}

std::int64_t VisibilityQueue::Impl::next_visible_ms() const {
  std::int64_t at_ms = window->next_due_ms();
  if (!timeouts.empty()) at_ms = std::min(at_ms, timeouts.begin()->first);
  // Those that are due and still here wait for room in the window, not for the clock.
  if (!delayed.empty() && delayed.begin()->first.first > now_ms())
    at_ms = std::min(at_ms, delayed.begin()->first.first);
  return at_ms;
}

void VisibilityQueue::Impl::plan(std::int64_t at_ms) {
  if (at_ms >= planned_ms) return;
  planned_ms = at_ms;
  tasks.spawn("visibility queue", sleep(weak_from_this(), clock, at_ms));
}

Task<> VisibilityQueue::Impl::sleep(std::weak_ptr<Impl> queue, Clock& clock, std::int64_t until_ms) {
  co_await clock.sleep_until(from_epoch_ms(until_ms));
  const auto impl = queue.lock();
  if (!impl || impl->closed) co_return;
  if (impl->planned_ms == until_ms) impl->planned_ms = INT64_MAX;
  impl->woken();
}

void VisibilityQueue::Impl::woken() {
  const std::int64_t now = now_ms();
  pass_time();
  waiters.wake_due(now);
  wake();
  if (next_expiry_ms <= now && !erasing_expired) {
    erasing_expired = true;
    erased_expired_ms = now;
    next_expiry_ms = INT64_MAX;
    tasks.spawn("visibility queue", erase_expired(shared_from_this()));
  }
  plan();
}

void VisibilityQueue::Impl::close() {
  if (closed) return;
  closed = true;
  waiters.wake_all();
  tasks.cancel();
}

QueueCounts VisibilityQueue::Impl::counts() {
  pass_time();
  QueueCounts counts{.in_flight = timeouts.size(), .delayed = delays.left(now_ms())};
  counts.visible = total - std::min<std::uint64_t>(total, counts.in_flight + counts.delayed);
  return counts;
}

}  // namespace martlet::flow
