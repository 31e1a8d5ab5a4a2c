#include "base/clock.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "base/signal.h"

namespace martlet {

std::int64_t to_epoch_ms(TimePoint time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

TimePoint from_epoch_ms(std::int64_t ms) { return TimePoint(std::chrono::milliseconds(ms)); }

Task<> Clock::sleep_for(Duration duration) { return sleep_until(now() + duration); }

namespace {

using boost::asio::steady_timer;

/// Sleepers ordered by deadline. A sleeper leaves the map however its wait ends.
class Sleepers {
 public:
  explicit Sleepers(Executor executor) : executor_(std::move(executor)) {}

  Task<> wait(TimePoint deadline, steady_timer::time_point expiry) {
    steady_timer timer(executor_, expiry);
    const auto entry = by_deadline_.emplace(deadline, &timer);
    struct Leave {
      Sleepers& sleepers;
      std::multimap<TimePoint, steady_timer*>::iterator entry;
      ~Leave() { sleepers.by_deadline_.erase(entry); }
    } leave{*this, entry};
    boost::system::error_code ended;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
    const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != boost::asio::cancellation_type::none)
      throw boost::system::system_error(boost::asio::error::operation_aborted);
  }

  /// Wakes those due at `now`, and moves the others' real expiry `by` closer.
  void advanced(TimePoint now, Duration by) {
    for (auto& [deadline, timer] : by_deadline_) {
      if (deadline <= now)
        timer->cancel();
      else if (timer->expiry() != steady_timer::time_point::max())
        moved_.push_back({timer, timer->expiry() - by});
    }
    // Changing the expiry cancels the wait; sleep_until() sees that its deadline is not reached and waits
    // again.
    for (auto& [timer, expiry] : moved_) timer->expires_at(expiry);
    moved_.clear();
  }

 private:
  Executor executor_;
  std::multimap<TimePoint, steady_timer*> by_deadline_;
  std::vector<std::pair<steady_timer*, steady_timer::time_point>> moved_;
};

class SystemClock final : public Clock {
 public:
  explicit SystemClock(Executor executor) : executor_(executor), sleepers_(executor) {}

  TimePoint now() const override { return std::chrono::system_clock::now() + ahead_; }

  Duration elapsed() const override { return std::chrono::steady_clock::now().time_since_epoch(); }

  Task<> sleep_until(TimePoint deadline) override {
    while (now() < deadline)
      co_await sleepers_.wait(deadline, std::chrono::steady_clock::now() + (deadline - now()));
  }

  Task<> sleep_elapsed(Duration duration) override {
    steady_timer timer(executor_, duration);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }

  void advance(Duration by) override {
    ahead_ += by;
    sleepers_.advanced(now(), by);
  }

 private:
  Executor executor_;
  Duration ahead_{0};
  Sleepers sleepers_;
};

class SimulatedClock final : public Clock {
 public:
  SimulatedClock(Executor executor, TimePoint start) : sleepers_(executor), start_(start), now_(start) {}

  TimePoint now() const override { return now_; }
  Duration elapsed() const override { return now_ - start_; }

  Task<> sleep_until(TimePoint deadline) override {
    while (now_ < deadline) co_await sleepers_.wait(deadline, steady_timer::time_point::max());
  }

  Task<> sleep_elapsed(Duration duration) override { return sleep_until(now_ + duration); }

  void advance(Duration by) override {
    now_ += by;
    sleepers_.advanced(now_, by);
  }

 private:
  Sleepers sleepers_;
  TimePoint start_;
  TimePoint now_;
};

}  // namespace

std::unique_ptr<Clock> make_system_clock(Executor executor) {
  return std::make_unique<SystemClock>(std::move(executor));
}

std::unique_ptr<Clock> make_simulated_clock(Executor executor, TimePoint start) {
  return std::make_unique<SimulatedClock>(std::move(executor), start);
}

}  // namespace martlet
