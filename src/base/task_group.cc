#include "base/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <utility>

#include "base/log.h"
#include "base/signal.h"

namespace martlet {

namespace {

struct Running {
  std::string name;
  boost::asio::cancellation_signal cancellation;
};

void report(const std::string& name, std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() != boost::asio::error::operation_aborted)
      log::error("background task failed", {{"task", name}, {"error", error.what()}});
  } catch (const std::exception& error) {
    log::error("background task failed", {{"task", name}, {"error", error.what()}});
  }
}

}  // namespace

struct TaskGroup::State {
  explicit State(Executor with) : executor(std::move(with)), ended(executor) {}
  Executor executor;
  std::list<Running> running;
  Signal ended;
};

TaskGroup::TaskGroup(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() { cancel(); }

void TaskGroup::spawn(std::string name, Task<> task) {
  auto entry = state_->running.emplace(state_->running.end());
  entry->name = std::move(name);
  auto finished = [state = state_, entry](std::exception_ptr failure) {
    if (failure) report(entry->name, failure);
    state->running.erase(entry);
    state->ended.notify_all();
  };
  boost::asio::co_spawn(state_->executor, std::move(task),
                        boost::asio::bind_cancellation_slot(entry->cancellation.slot(), std::move(finished)));
}

void TaskGroup::cancel() {
  // A task may end inside emit() and erase its entry, so the step to the next one comes first.
  for (auto it = state_->running.begin(); it != state_->running.end();)
    (it++)->cancellation.emit(boost::asio::cancellation_type::terminal);
}

Task<> TaskGroup::join() {
  auto state = state_;
  while (!state->running.empty()) co_await state->ended.wait();
}

Task<> TaskGroup::stop() {
  cancel();
  co_await join();
}

std::size_t TaskGroup::size() const { return state_->running.size(); }

}  // namespace martlet
