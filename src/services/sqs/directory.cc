#include "services/sqs/directory.h"

#include <exception>
#include <utility>
#include <vector>

#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/queues_store.h"

namespace martlet::sqs {

namespace {

flow::VisibilityQueueSettings engine_settings(const QueueRecord& record, const QueueSettings& settings) {
  flow::VisibilityQueueSettings out;
  out.fifo = record.fifo;
  out.retention = std::chrono::seconds(settings.retention_seconds);
  out.most_in_flight = kMaxInFlight;
  return out;
}

}  // namespace

OpenQueue::OpenQueue(const Foundation& on, QueueName with_name, QueueRecord with_record)
    : name(std::move(with_name)),
      arn(arn_of(with_record.partition, name)),
      record(std::move(with_record)),
      settings(settings_of(record)),
      messages(on.executor, on.store, on.clock, on.ids, messages_prefix(record.id),
               engine_settings(record, settings)),
      sent(on.clock, sent_prefix(record.id)) {}

void OpenQueue::demand() const {
  if (gone) throw queue_does_not_exist();
}

Directory::Directory(Foundation on) : on_(std::move(on)), opened_(on_.executor) {}

Task<std::optional<QueueRecord>> Directory::load(QueueName name) {
  co_return co_await on_.store.transact(
      [&](store::Txn& txn) -> Task<std::optional<QueueRecord>> { co_return co_await load_queue(txn, name); });
}

Task<QueuePointer> Directory::find(QueueName name) {
  while (true) {
    if (const auto at = queues_.find(name); at != queues_.end()) {
      if (at->second->ready) co_return at->second;
      co_await opened_.wait();
      continue;
    }
    const std::uint64_t changes = changes_;
    std::optional<QueueRecord> record = co_await load(name);
    // Somebody else may have opened, changed or deleted it meanwhile.
    if (changes != changes_ || queues_.contains(name)) continue;
    if (!record) co_return nullptr;
    const auto queue = std::make_shared<OpenQueue>(on_, name, std::move(*record));
    queues_.emplace(name, queue);
    std::exception_ptr failure;
    try {
      co_await queue->messages.open();
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure && !queue->gone) drop(name);
    queue->ready = true;
    if (closed_) queue->messages.close();
    opened_.notify_all();
    if (failure) std::rethrow_exception(failure);
  }
}

Task<QueuePointer> Directory::get(QueueName name) {
  QueuePointer queue = co_await find(std::move(name));
  if (!queue) throw queue_does_not_exist();
  co_return queue;
}

void Directory::save(store::Txn& txn, const QueueName& name, QueueRecord record) {
  save_queue(txn, name, record);
  txn.after_commit([this, name, record = std::move(record)]() mutable {
    ++changes_;
    const auto at = queues_.find(name);
    if (at == queues_.end()) return;
    OpenQueue& queue = *at->second;
    const bool same_redrive = value_of(queue.record, "RedrivePolicy") == value_of(record, "RedrivePolicy");
    queue.settings = settings_of(record);
    queue.messages.configure(engine_settings(record, queue.settings));
    queue.record = std::move(record);
    if (same_redrive) return;
    ++queue.redrive_changes;
    queue.messages.recheck();
  });
}

void Directory::erase(store::Txn& txn, const QueueName& name, const std::string& id) {
  erase_queue(txn, name, id, to_epoch_ms(on_.clock.now()));
  txn.after_commit([this, name] { drop(name); });
}

void Directory::drop(const QueueName& name) {
  ++changes_;
  const auto at = queues_.find(name);
  if (at == queues_.end()) return;
  const QueuePointer queue = at->second;
  queues_.erase(at);
  queue->gone = true;
  queue->messages.close();
  opened_.notify_all();
}

void Directory::reset() {
  ++changes_;
  for (const auto& [name, queue] : std::exchange(queues_, {})) {
    queue->gone = true;
    queue->messages.close();
  }
  opened_.notify_all();
}

void Directory::close() {
  closed_ = true;
  for (const auto& [name, queue] : queues_) queue->messages.close();
}

}  // namespace martlet::sqs
