#include "services/sqs/queues_store.h"

#include <utility>

#include "store/key.h"
#include "store/record.h"

namespace martlet::sqs {

namespace {

using store::Key;

std::string queue_key(const QueueName& name) {
  return Key("sqs", "queue", name.account, name.region, name.name);
}

std::string deletion_key(const QueueName& name) {
  return Key("sqs", "deleted", name.account, name.region, name.name);
}

std::string source_key(const QueueName& target, const std::string& source) {
  return Key("sqs", "source", target.account, target.region, target.name, source);
}

std::string task_key(const QueueName& source, std::uint64_t number) {
  return Key("sqs", "task", source.account, source.region, source.name, number);
}

NumberedTask task_of(const store::KeyValue& pair) {
  auto [service, kind, account, region, name, number] =
      store::unpack<std::string, std::string, std::string, std::string, std::string, std::uint64_t>(pair.key);
  return {.source = {.account = std::move(account), .region = std::move(region), .name = std::move(name)},
          .number = number,
          .record = store::decode<MoveTaskRecord>(pair.value)};
}

/// The last element of each key: a name.
std::vector<std::string> last_texts(const std::vector<store::KeyValue>& pairs, std::size_t elements) {
  std::vector<std::string> names;
  names.reserve(pairs.size());
  for (const auto& [key, value] : pairs) {
    store::KeyReader reader(key);
    for (std::size_t i = 1; i < elements; ++i) reader.text();
    names.push_back(reader.text());
  }
  return names;
}

Task<std::vector<NumberedTask>> tasks_in(store::Txn& txn, store::Range range, std::size_t limit) {
  std::vector<NumberedTask> tasks;
  for (const store::KeyValue& pair : co_await txn.scan(std::move(range), {.limit = limit}))
    tasks.push_back(task_of(pair));
  co_return tasks;
}

}  // namespace

Task<std::optional<QueueRecord>> load_queue(store::Txn& txn, QueueName name) {
  co_return co_await store::get_record<QueueRecord>(txn, queue_key(name));
}

void save_queue(store::Txn& txn, const QueueName& name, const QueueRecord& queue) {
  store::put_record(txn, queue_key(name), queue);
}

void erase_queue(store::Txn& txn, const QueueName& name, const std::string& id, std::int64_t now_ms) {
  txn.erase(queue_key(name));
  store::put_record(txn, deletion_key(name), DeletionRecord{.deleted_ms = now_ms});
  erase_contents(txn, id);
}

void erase_contents(store::Txn& txn, const std::string& id) {
  for (const char* kind : {"message", "sent"}) txn.erase_range(store::prefix_range("sqs", kind, id));
}

Task<std::vector<std::string>> list_queues(store::Txn& txn, QueueName where, std::string prefix,
                                           std::string after, std::size_t limit) {
  store::Range range = store::text_prefix_range(Key("sqs", "queue", where.account, where.region), prefix);
  if (!after.empty()) range = store::after(std::move(range), queue_key({where.account, where.region, after}));
  if (range.begin >= range.end) co_return std::vector<std::string>();
  const auto pairs = co_await txn.scan(std::move(range), {.limit = limit});
  co_return last_texts(pairs, 5);
}

Task<std::optional<DeletionRecord>> load_deletion(store::Txn& txn, QueueName name) {
  co_return co_await store::get_record<DeletionRecord>(txn, deletion_key(name));
}

void erase_deletion(store::Txn& txn, const QueueName& name) { txn.erase(deletion_key(name)); }

Task<> erase_old_deletions(store::Txn& txn, std::int64_t time_ms) {
  for (const auto& [key, value] : co_await txn.scan(store::prefix_range("sqs", "deleted")))
    if (store::decode<DeletionRecord>(value).deleted_ms < time_ms) txn.erase(key);
}

void add_source(store::Txn& txn, const QueueName& target, const std::string& source) {
  txn.put(source_key(target, source), "");
}

void erase_source(store::Txn& txn, const QueueName& target, const std::string& source) {
  txn.erase(source_key(target, source));
}

Task<std::vector<std::string>> list_sources(store::Txn& txn, QueueName target, std::string after,
                                            std::size_t limit) {
  store::Range range = store::prefix_range("sqs", "source", target.account, target.region, target.name);
  if (!after.empty()) range = store::after(std::move(range), source_key(target, after));
  const auto pairs = co_await txn.scan(std::move(range), {.limit = limit});
  co_return last_texts(pairs, 6);
}

void save_task(store::Txn& txn, const QueueName& source, std::uint64_t number, const MoveTaskRecord& task) {
  store::put_record(txn, task_key(source, number), task);
}

Task<std::vector<NumberedTask>> list_tasks(store::Txn& txn, QueueName source, std::size_t limit) {
  return tasks_in(txn, store::prefix_range("sqs", "task", source.account, source.region, source.name), limit);
}

Task<std::vector<NumberedTask>> list_tasks_of_account(store::Txn& txn, std::string account,
                                                      std::string region) {
  return tasks_in(txn, store::prefix_range("sqs", "task", account, region), 0);
}

Task<std::vector<NumberedTask>> list_all_tasks(store::Txn& txn) {
  return tasks_in(txn, store::prefix_range("sqs", "task"), 0);
}

Task<std::optional<MoveTaskRecord>> load_task(store::Txn& txn, QueueName source, std::uint64_t number) {
  co_return co_await store::get_record<MoveTaskRecord>(txn, task_key(source, number));
}

void erase_task(store::Txn& txn, const QueueName& source, std::uint64_t number) {
  txn.erase(task_key(source, number));
}

std::string messages_prefix(const std::string& queue_id) { return Key("sqs", "message", queue_id); }

std::string sent_prefix(const std::string& queue_id) { return Key("sqs", "sent", queue_id); }

Task<std::optional<std::string>> next_queue_id(store::Txn& txn, std::string after) {
  store::Range range = store::prefix_range("sqs", "message");
  if (!after.empty()) range = store::after(std::move(range), messages_prefix(after));
  const auto pairs = co_await txn.scan(std::move(range), {.limit = 1});
  std::optional<std::string> id;
  if (!pairs.empty()) {
    store::KeyReader reader(pairs.front().key);
    reader.text();
    reader.text();
    id = reader.text();
  }
  co_return id;
}

Task<std::vector<std::string>> list_queue_ids(store::Txn& txn) {
  std::vector<std::string> ids;
  for (const auto& [key, value] : co_await txn.scan(store::prefix_range("sqs", "queue")))
    ids.push_back(store::decode<QueueRecord>(value).id);
  co_return ids;
}

}  // namespace martlet::sqs
