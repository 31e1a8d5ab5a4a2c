#pragma once

// BootGate: how many environments start at once. Starting is computing, so more of them than there are cores
// only make each other late; the last of many is ready sooner when they start a few at a time. A start that
// takes long does not hold up the others: it waits for something else than a core, and its place is given
// away. Owned by the fleet; lives on the loop.

#include <cstdint>
#include <functional>
#include <map>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "environments/alarm.h"

namespace martlet::environments {

class BootGate {
 public:
  /// `calm` is called when the last start has ended.
  BootGate(Executor executor, Clock& clock, std::size_t places, Duration longest, std::function<void()> calm);

  /// Waits for a place; returns the ticket to leave() with.
  Task<std::uint64_t> enter();
  void leave(std::uint64_t ticket);
  /// Nothing starts and nothing waits to.
  [[nodiscard]] bool calm() const { return holders_.empty() && waiting_ == 0; }

 private:
  Task<std::optional<Duration>> look();

  Clock& clock_;
  std::size_t places_;
  Duration longest_;
  std::function<void()> calm_;
  std::map<std::uint64_t, Duration> holders_;
  std::uint64_t last_ticket_ = 0;
  std::size_t waiting_ = 0;
  Signal freed_;
  Alarm expiry_;
};

}  // namespace martlet::environments
