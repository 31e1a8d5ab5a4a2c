#include "environments/boot_gate.h"

#include <utility>

namespace martlet::environments {

BootGate::BootGate(Executor executor, Clock& clock, std::size_t places, Duration longest,
                   std::function<void()> calm)
    : clock_(clock),
      places_(places),
      longest_(longest),
      calm_(std::move(calm)),
      freed_(executor),
      expiry_(executor, clock, [this] { return look(); }) {}

Task<std::uint64_t> BootGate::enter() {
  while (holders_.size() >= places_) {
    ++waiting_;
    expiry_.at_latest(holders_.begin()->second);
    co_await freed_.wait();
    --waiting_;
  }
  holders_.emplace(++last_ticket_, clock_.elapsed() + longest_);
  co_return last_ticket_;
}

void BootGate::leave(std::uint64_t ticket) {
  if (holders_.erase(ticket) == 0) return;
  freed_.notify_one();
  if (calm()) calm_();
}

Task<std::optional<Duration>> BootGate::look() {
  const Duration now = clock_.elapsed();
  while (!holders_.empty() && holders_.begin()->second <= now) leave(holders_.begin()->first);
  if (holders_.empty()) co_return std::nullopt;
  co_return holders_.begin()->second;
}

}  // namespace martlet::environments
