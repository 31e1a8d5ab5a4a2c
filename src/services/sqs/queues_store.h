#pragma once

// The data of Amazon SQS in the store:
//   ("sqs", "queue", account, region, name)             QueueRecord
//   ("sqs", "deleted", account, region, name)           DeletionRecord
//   ("sqs", "source", account, region, dead-letter queue, name)   empty: that queue names this dead-letter
//   queue
//   ("sqs", "task", account, region, name, number)      MoveTaskRecord of that source; later ones first
//   ("sqs", "message", queue id, …)                     a queue's messages: flow/visibility_queue.h
//   ("sqs", "sent", queue id, …)                        what was sent of late: flow/deduplication.h
// Everything happens inside the caller's transaction. Times are milliseconds since the Unix epoch.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "services/sqs/queue_url.h"
#include "services/sqs/records.h"
#include "store/store.h"

namespace martlet::sqs {

Task<std::optional<QueueRecord>> load_queue(store::Txn& txn, QueueName name);
void save_queue(store::Txn& txn, const QueueName& name, const QueueRecord& queue);
/// With its messages, and remembers when.
void erase_queue(store::Txn& txn, const QueueName& name, const std::string& id, std::int64_t now_ms);
/// Messages and what else belongs to a queue id.
void erase_contents(store::Txn& txn, const std::string& id);

/// Queues whose names start with `prefix`, in the order of their names, after the name `after` (empty: from
/// the first).
Task<std::vector<std::string>> list_queues(store::Txn& txn, QueueName where, std::string prefix,
                                           std::string after, std::size_t limit);

Task<std::optional<DeletionRecord>> load_deletion(store::Txn& txn, QueueName name);
void erase_deletion(store::Txn& txn, const QueueName& name);
/// Those of before `time_ms`.
Task<> erase_old_deletions(store::Txn& txn, std::int64_t time_ms);

// Which queues have `target` as their dead-letter queue; of one account and region.

void add_source(store::Txn& txn, const QueueName& target, const std::string& source);
void erase_source(store::Txn& txn, const QueueName& target, const std::string& source);
Task<std::vector<std::string>> list_sources(store::Txn& txn, QueueName target, std::string after,
                                            std::size_t limit);

/// Starts are numbered so that later ones come first: `number` falls as time goes on.
void save_task(store::Txn& txn, const QueueName& source, std::uint64_t number, const MoveTaskRecord& task);
struct NumberedTask {
  QueueName source;
  std::uint64_t number = 0;
  MoveTaskRecord record;
};
/// The latest first; `limit` 0: all.
Task<std::vector<NumberedTask>> list_tasks(store::Txn& txn, QueueName source, std::size_t limit);
/// Of one account and region.
Task<std::vector<NumberedTask>> list_tasks_of_account(store::Txn& txn, std::string account,
                                                      std::string region);
Task<std::vector<NumberedTask>> list_all_tasks(store::Txn& txn);
Task<std::optional<MoveTaskRecord>> load_task(store::Txn& txn, QueueName source, std::uint64_t number);
void erase_task(store::Txn& txn, const QueueName& source, std::uint64_t number);

/// Below these the queue's engine and its deduplication write.
std::string messages_prefix(const std::string& queue_id);
std::string sent_prefix(const std::string& queue_id);

/// Ids of queues that have messages, after the id `after`: to find those that no queue has any more.
Task<std::optional<std::string>> next_queue_id(store::Txn& txn, std::string after);
/// Ids of all queues there are.
Task<std::vector<std::string>> list_queue_ids(store::Txn& txn);

}  // namespace martlet::sqs
