// Dead-letter queues: which queues have one, and moving its messages back.

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <utility>

#include "base/crypto.h"
#include "base/strings.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/move_tasks.h"
#include "services/sqs/paging.h"
#include "services/sqs/queues_store.h"
#include "services/sqs/service.h"

namespace martlet::sqs {

namespace {

std::string write_handle(const MoveTaskRecord& task) {
  return base64_encode("{\"taskId\":" + quote_json(task.id) +
                       ",\"sourceArn\":" + quote_json(task.source_arn) + '}');
}

struct TaskHandle {
  std::string id;
  QueueName source;
};

TaskHandle read_handle(const std::string& text) {
  const auto refused = [&] { return invalid_parameter("TaskHandle", text, "It is not a task handle."); };
  const auto bytes = base64_decode(text);
  boost::system::error_code failed;
  const boost::json::value value = boost::json::parse(bytes.value_or(""), failed);
  if (failed || !value.is_object()) throw refused();
  const auto* id = value.as_object().if_contains("taskId");
  const auto* arn = value.as_object().if_contains("sourceArn");
  if (id == nullptr || !id->is_string() || arn == nullptr || !arn->is_string()) throw refused();
  const auto source = queue_of_arn(std::string_view(arn->as_string()));
  if (!source) throw refused();
  return {.id = std::string(id->as_string()), .source = *source};
}

QueueName queue_of_parameter(std::string_view parameter, const std::string& arn) {
  const auto name = queue_of_arn(std::string_view(arn));
  if (!name)
    throw invalid_parameter(
        parameter, arn,
        "You must use this format: arn:<partition>:<service>:<region>:<account-id>:<resource-id>");
  return *name;
}

std::string status_text(TaskStatus status) {
  switch (status) {
    case TaskStatus::kRunning:
      return "RUNNING";
    case TaskStatus::kCompleted:
      return "COMPLETED";
    case TaskStatus::kCancelled:
      return "CANCELLED";
    case TaskStatus::kFailed:
      return "FAILED";
  }
  return "FAILED";
}

ListMessageMoveTasksResultEntry to_entry(const MoveTaskRecord& task) {
  ListMessageMoveTasksResultEntry out;
  // Only for what can be cancelled.
  if (task.status == TaskStatus::kRunning) out.task_handle = write_handle(task);
  out.status = status_text(task.status);
  out.source_arn = task.source_arn;
  if (!task.destination_arn.empty()) out.destination_arn = task.destination_arn;
  if (task.most_per_second != 0) out.max_number_of_messages_per_second = task.most_per_second;
  out.approximate_number_of_messages_moved = task.moved;
  out.approximate_number_of_messages_to_move = task.to_move;
  if (!task.failure.empty()) out.failure_reason = task.failure;
  out.started_timestamp = task.started_ms;
  return out;
}

aws::Error no_such_resource(std::string_view parameter) {
  return resource_not_found("The resource that you specified for the " + std::string(parameter) +
                            " parameter doesn't exist.");
}

/// Throws what keeps a task from being started.
Task<> check_start(store::Txn& txn, QueueName source, std::optional<QueueName> destination) {
  const auto source_record = co_await load_queue(txn, source);
  if (!source_record) throw no_such_resource("SourceArn");
  if ((co_await list_sources(txn, source, "", 1)).empty())
    throw invalid_parameter("Source queue must be configured as a Dead Letter Queue.");
  if (!destination) co_return;
  if (*destination == source)
    throw invalid_parameter("Source queue arn and destination queue arn must be different.");
  const auto destination_record = co_await load_queue(txn, *destination);
  if (!destination_record) throw no_such_resource("DestinationArn");
  if (destination_record->fifo != source_record->fifo)
    throw invalid_parameter("Source queue and destination queue must be of the same type.");
}

/// The number of a new task of `source`, under which it comes before all others; forgets the oldest ones.
Task<std::uint64_t> next_number(store::Txn& txn, QueueName source, std::int64_t now_ms) {
  const auto active = [](const NumberedTask& task) { return task.record.status == TaskStatus::kRunning; };
  const auto all = co_await list_tasks_of_account(txn, source.account, source.region);
  if (std::count_if(all.begin(), all.end(), active) >= static_cast<std::ptrdiff_t>(kMaxActiveTasks))
    throw unsupported_operation("Too many message move tasks are active in this account.");
  const auto before = co_await list_tasks(txn, source, 0);
  if (std::any_of(before.begin(), before.end(), active))
    throw unsupported_operation(
        "There is already a task running. Only one active task is allowed for a source "
        "queue arn at a given time.");
  for (std::size_t i = static_cast<std::size_t>(kMaxListedTasks) - 1; i < before.size(); ++i)
    erase_task(txn, source, before[i].number);
  const auto by_time = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() - now_ms);
  co_return before.empty() ? by_time : std::min(by_time, before.front().number - 1);
}

}  // namespace

QueueName source_of_task(const std::string& handle) { return read_handle(handle).source; }

Task<ListDeadLetterSourceQueuesResult> SqsService::ListDeadLetterSourceQueues(
    wire::Context& context, ListDeadLetterSourceQueuesRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  const std::size_t limit = page_size(input.max_results);
  const std::string after = page_start(input.next_token);
  auto names = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<std::string>> {
    co_return co_await list_sources(txn, queue->name, after, limit + 1);
  });
  ListDeadLetterSourceQueuesResult out;
  out.next_token = cut_page(names, limit, input.max_results.has_value());
  for (std::string& name : names)
    out.queue_urls.push_back(url_of(
        context, {.account = queue->name.account, .region = queue->name.region, .name = std::move(name)}));
  co_return out;
}

Task<StartMessageMoveTaskResult> SqsService::StartMessageMoveTask(wire::Context&,
                                                                  StartMessageMoveTaskRequest input) {
  const QueueName source = queue_of_parameter("SourceArn", input.source_arn);
  std::optional<QueueName> destination;
  if (input.destination_arn) destination = queue_of_parameter("DestinationArn", *input.destination_arn);
  const std::int32_t rate = input.max_number_of_messages_per_second.value_or(0);
  if (input.max_number_of_messages_per_second && (rate < 1 || rate > kMaxMovesPerSecond))
    throw out_of_range("MaxNumberOfMessagesPerSecond", rate, 1, kMaxMovesPerSecond);

  const QueuePointer queue = co_await directory_.find(source);
  if (!queue) throw no_such_resource("SourceArn");
  const flow::QueueCounts counts = co_await queue->messages.counts();
  MoveTaskRecord task{.id = with_.ids.uuid(),
                      .source_arn = input.source_arn,
                      .destination_arn = input.destination_arn.value_or(""),
                      .most_per_second = rate,
                      .started_ms = now_ms(),
                      .to_move = static_cast<std::int64_t>(counts.visible),
                      .failure = {}};
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await check_start(txn, source, destination);
    const std::uint64_t number = co_await next_number(txn, source, task.started_ms);
    save_task(txn, source, number, task);
    txn.after_commit([this, source, number] { moves_.start(source, number); });
  });
  StartMessageMoveTaskResult out;
  out.task_handle = write_handle(task);
  co_return out;
}

Task<ListMessageMoveTasksResult> SqsService::ListMessageMoveTasks(wire::Context&,
                                                                  ListMessageMoveTasksRequest input) {
  const QueueName source = queue_of_parameter("SourceArn", input.source_arn);
  const std::int32_t most = input.max_results.value_or(1);
  if (most < 1 || most > kMaxListedTasks) throw out_of_range("MaxResults", most, 1, kMaxListedTasks);
  const auto tasks = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<NumberedTask>> {
    if (!co_await load_queue(txn, source)) throw no_such_resource("SourceArn");
    co_return co_await list_tasks(txn, source, static_cast<std::size_t>(most));
  });
  ListMessageMoveTasksResult out;
  out.results.emplace();
  for (const NumberedTask& task : tasks) out.results->push_back(to_entry(task.record));
  co_return out;
}

Task<CancelMessageMoveTaskResult> SqsService::CancelMessageMoveTask(wire::Context&,
                                                                    CancelMessageMoveTaskRequest input) {
  const TaskHandle handle = read_handle(input.task_handle);
  const std::int64_t moved = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::int64_t> {
    auto tasks = co_await list_tasks(txn, handle.source, 0);
    const auto found = std::find_if(tasks.begin(), tasks.end(),
                                    [&](const NumberedTask& task) { return task.record.id == handle.id; });
    if (found == tasks.end()) throw resource_not_found("Task does not exist.");
    if (found->record.status != TaskStatus::kRunning)
      throw unsupported_operation("Only active tasks can be cancelled.");
    found->record.status = TaskStatus::kCancelled;
    save_task(txn, handle.source, found->number, found->record);
    co_return found->record.moved;
  });
  CancelMessageMoveTaskResult out;
  out.approximate_number_of_messages_moved = moved;
  co_return out;
}

}  // namespace martlet::sqs
