#include "store/group_commit.h"

#include <fmt/core.h>

#include <deque>
#include <stdexcept>
#include <utility>

#include "base/blocking_pool.h"
#include "base/log.h"
#include "base/signal.h"
#include "base/task_group.h"

namespace martlet::store {

struct GroupCommit::State {
  State(const Executor& executor, std::shared_ptr<History> of)
      : history(std::move(of)),
        written(history->version()),
        durable(written),
        changed(executor),
        tasks(executor) {}

  struct Waiting {
    Version version;
    Actions actions;
  };

  std::shared_ptr<History> history;
  Version written;
  Version durable;
  bool syncing = false;
  std::string failure;
  std::deque<Waiting> waiting;
  Signal changed;
  BlockingPool pool{1};
  TaskGroup tasks;
};

void run_actions(const Actions& actions) {
  for (const auto& action : actions) {
    try {
      action();
    } catch (const std::exception& error) {
      log::error("an action after a commit failed", {{"error", error.what()}});
    }
  }
}

GroupCommit::GroupCommit(Executor executor, std::shared_ptr<History> history)
    : state_(std::make_shared<State>(executor, std::move(history))) {
  state_->history->remember_from(state_->durable + 1);
}

GroupCommit::~GroupCommit() = default;

void GroupCommit::add(Version version, Actions actions) {
  State& state = *state_;
  state.written = version;
  if (!actions.empty()) state.waiting.push_back({version, std::move(actions)});
  if (state.syncing) return;
  state.syncing = true;
  state.tasks.spawn("store sync", sync_until_done(state_));
}

Task<> GroupCommit::sync_until_done(std::shared_ptr<State> state) {
  try {
    while (state->durable < state->written) {
      const Version reached = state->written;
      co_await state->pool.run([engine = state->history->engine()] { engine->sync(); });
      state->durable = reached;
      state->history->remember_from(reached + 1);
      while (!state->waiting.empty() && state->waiting.front().version <= reached) {
        const Actions actions = std::move(state->waiting.front().actions);
        state->waiting.pop_front();
        run_actions(actions);
      }
      state->changed.notify_all();
    }
  } catch (const std::exception& error) {
    state->failure = fmt::format("the store accepts nothing more, because a sync failed: {}", error.what());
    log::error("the store cannot be brought to the disk", {{"error", error.what()}});
    state->changed.notify_all();
  }
  state->syncing = false;
}

Task<> GroupCommit::wait_for(Version version) {
  const auto state = state_;
  while (state->durable < version) {
    check();
    co_await state->changed.wait();
  }
}

void GroupCommit::check() const {
  if (!state_->failure.empty()) throw std::runtime_error(state_->failure);
}

}  // namespace martlet::store
