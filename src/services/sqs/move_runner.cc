#include "services/sqs/move_runner.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "services/sqs/limits.h"
#include "services/sqs/queues_store.h"
#include "services/sqs/receiving.h"
#include "store/record.h"

namespace martlet::sqs {

namespace {

constexpr std::size_t kBatch = 100;
/// How long a batch is kept from others while it is moved.
constexpr std::chrono::seconds kLease{30};
/// So that a failure of ours that lasts does not become a busy loop.
constexpr std::chrono::seconds kPauseAfterBug{5};

}  // namespace

struct MoveRunner::Step {
  enum class Kind { kMoved, kNothing, kEnded } kind = Kind::kEnded;
  std::size_t moved = 0;
  std::int32_t most_per_second = 0;
};

MoveRunner::MoveRunner(Directory& directory) : directory_(directory), tasks_(directory.on().executor) {}

Task<> MoveRunner::restore() {
  const Foundation& on = directory_.on();
  const auto tasks = co_await on.store.transact(
      [](store::Txn& txn) -> Task<std::vector<NumberedTask>> { co_return co_await list_all_tasks(txn); });
  for (const NumberedTask& task : tasks)
    if (task.record.status == TaskStatus::kRunning)
      tasks_.spawn("message move task", run(task.source, task.number, on.clock.now() + kLease));
}

void MoveRunner::start(const QueueName& source, std::uint64_t number) {
  tasks_.spawn("message move task", run(source, number, directory_.on().clock.now()));
}

Task<> MoveRunner::stop() {
  stopping_ = true;
  co_await tasks_.stop();
}

void MoveRunner::reset() {
  ++resets_;
  tasks_.cancel();
}

/// `patient_until`: until then an empty source may have a batch that a run before this one had received.
Task<> MoveRunner::run(QueueName source, std::uint64_t number, TimePoint patient_until) {
  const std::uint64_t resets = resets_;
  while (true) {
    try {
      co_return co_await run_to_its_end(source, number, patient_until);
    } catch (const flow::TooManyInFlight&) {
      log::warning("a message move task waits: too many messages are in flight", {{"queue", source.name}});
    } catch (const std::exception& error) {
      if (stopping_ || resets != resets_) throw;
      log::error("a message move task failed; it is tried again",
                 {{"queue", source.name}, {"error", error.what()}});
    }
    co_await directory_.on().clock.sleep_elapsed(kPauseAfterBug);
  }
}

Task<> MoveRunner::run_to_its_end(QueueName source, std::uint64_t number, TimePoint patient_until) {
  Clock& clock = directory_.on().clock;
  TimePoint next = clock.now();
  while (!stopping_) {
    const Step done = co_await step(source, number);
    if (done.kind == Step::Kind::kEnded) co_return;
    if (done.kind == Step::Kind::kNothing) {
      if (clock.now() >= patient_until) co_return co_await finish(source, number, TaskStatus::kCompleted, "");
      co_await clock.sleep_until(patient_until);
      continue;
    }
    if (done.most_per_second == 0) continue;
    next += std::chrono::nanoseconds(std::chrono::seconds(done.moved)) / done.most_per_second;
    co_await clock.sleep_until(next);
  }
}

Task<MoveRunner::Step> MoveRunner::step(QueueName source_name, std::uint64_t number) {
  const Foundation& on = directory_.on();
  const auto task = co_await on.store.transact([&](store::Txn& txn) -> Task<std::optional<MoveTaskRecord>> {
    co_return co_await load_task(txn, source_name, number);
  });
  const QueuePointer source = co_await directory_.find(source_name);
  if (!task || task->status != TaskStatus::kRunning || !source) co_return Step{};
  const TimePoint now = on.clock.now();
  if (now > from_epoch_ms(task->started_ms) + kMaxTaskDuration) {
    co_await finish(source_name, number, TaskStatus::kFailed, "The task ran for longer than 36 hours.");
    co_return Step{};
  }
  const std::size_t most =
      task->most_per_second == 0
          ? kBatch
          : std::min<std::size_t>(kBatch, static_cast<std::size_t>(task->most_per_second));
  const Messages messages = co_await source->messages.receive({.most = most,
                                                               .visibility = kLease,
                                                               .wait_until = now,
                                                               .most_receives = 0,
                                                               .exceeded = {},
                                                               .abandoned = {}});
  if (messages.empty()) {
    // A queue that is closed gives nothing, whatever it holds.
    if (source->gone || directory_.closed()) co_return Step{};
    co_return Step{.kind = Step::Kind::kNothing};
  }
  std::string failure;
  Destinations destinations = co_await destinations_of(*task, messages, failure);
  if (!failure.empty()) {
    co_await give_back(source, messages);
    co_await finish(source_name, number, TaskStatus::kFailed, failure);
    co_return Step{};
  }
  co_return co_await move(source, number, messages, std::move(destinations));
}

Task<MoveRunner::Destinations> MoveRunner::destinations_of(MoveTaskRecord task, const Messages& messages,
                                                           std::string& failure) {
  Destinations found;
  for (const flow::ReceivedMessage& message : messages) {
    const std::string arn = task.destination_arn.empty()
                                ? store::decode<MessageRecord>(message.payload).dead_letter_source
                                : task.destination_arn;
    const auto name = queue_of_arn(std::string_view(arn));
    QueuePointer queue;
    if (name) queue = co_await directory_.find(*name);
    if (!queue)
      failure = arn.empty() ? "CouldNotDetermineMessageSource" : "AWS.SimpleQueueService.NonExistentQueue";
    if (!queue) co_return Destinations{};
    found.push_back(queue);
  }
  co_return found;
}

Task<MoveRunner::Step> MoveRunner::move(QueuePointer source, std::uint64_t number, Messages messages,
                                        Destinations destinations) {
  const Foundation& on = directory_.on();
  const Step done = co_await on.store.transact([&](store::Txn& txn) -> Task<Step> {
    source->demand();
    auto task = co_await load_task(txn, source->name, number);
    const TimePoint now = on.clock.now();
    if (!task || task->status != TaskStatus::kRunning) co_return Step{};
    std::size_t moved = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      // One that somebody else has by now is theirs.
      if (co_await source->messages.erase(txn, messages[i].receipt) != flow::Settled::kDone) continue;
      co_await move_message(txn, destinations[i], messages[i], "", now);
      ++moved;
    }
    task->moved += static_cast<std::int64_t>(moved);
    save_task(txn, source->name, number, *task);
    co_return Step{.kind = Step::Kind::kMoved, .moved = moved, .most_per_second = task->most_per_second};
  });
  if (done.kind == Step::Kind::kEnded) co_await give_back(source, std::move(messages));
  co_return done;
}

Task<> MoveRunner::give_back(QueuePointer source, Messages messages) {
  const Foundation& on = directory_.on();
  co_await on.store.transact([&](store::Txn& txn) -> Task<> {
    for (const flow::ReceivedMessage& message : messages)
      co_await source->messages.change_visibility(txn, message.receipt, on.clock.now());
  });
}

Task<> MoveRunner::finish(QueueName source, std::uint64_t number, TaskStatus status, std::string failure) {
  co_await directory_.on().store.transact([&](store::Txn& txn) -> Task<> {
    auto task = co_await load_task(txn, source, number);
    if (!task || task->status != TaskStatus::kRunning) co_return;
    task->status = status;
    task->failure = failure;
    save_task(txn, source, number, *task);
  });
}

}  // namespace martlet::sqs
