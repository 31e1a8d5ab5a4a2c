#include "net/deadlines.h"

#include <algorithm>
#include <vector>

#include "base/task_group.h"

namespace martlet::net {

struct Deadlines::State : std::enable_shared_from_this<State> {
  State(Executor executor, Clock& with, Duration grain)
      : clock(with), granularity(grain), sleepers(std::move(executor)) {}

  /// Sees to it that a sleeper looks at or soon after `deadline`.
  void schedule(Duration deadline) {
    if (deadline >= planned || stopped) return;
    // Rounding up lets deadlines that lie close together share one look.
    planned = (deadline / granularity + 1) * granularity;
    sleepers.spawn("deadlines", sleep(shared_from_this(), planned));
  }

  static Task<> sleep(std::shared_ptr<State> state, Duration until) {
    co_await state->clock.sleep_elapsed(until - state->clock.elapsed());
    // An earlier deadline may have planned an earlier look meanwhile, which then stands in for this one.
    if (state->planned == until) state->look();
  }

  void look() {
    planned = Duration::max();
    const Duration now = clock.elapsed();
    Duration earliest = Duration::max();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      Entry& entry = *entries[i];
      if (entry.deadline_ <= now) {
        entry.disarm();
        entry.expired();
      }
      earliest = std::min(earliest, entry.deadline_);
    }
    schedule(earliest);
  }

  void remove(std::size_t index) {
    entries[index] = entries.back();
    entries[index]->index_ = index;
    entries.pop_back();
  }

  Clock& clock;
  const Duration granularity;
  std::vector<Entry*> entries;
  Duration planned = Duration::max();
  bool stopped = false;
  TaskGroup sleepers;
};

Deadlines::Deadlines(Executor executor, Clock& clock, Duration granularity)
    : state_(std::make_shared<State>(std::move(executor), clock, std::max(granularity, Duration(1)))) {}

Deadlines::~Deadlines() { cancel(); }

void Deadlines::cancel() {
  state_->stopped = true;
  state_->sleepers.cancel();
}

Task<> Deadlines::stop() {
  cancel();
  const auto state = state_;
  co_await state->sleepers.join();
}

Deadlines::Entry::Entry(Deadlines& deadlines) : state_(deadlines.state_), index_(state_->entries.size()) {
  state_->entries.push_back(this);
}

Deadlines::Entry::~Entry() { state_->remove(index_); }

void Deadlines::Entry::arm(Duration timeout) {
  if (state_->stopped) return;
  deadline_ = state_->clock.elapsed() + timeout;
  state_->schedule(deadline_);
}

}  // namespace martlet::net
