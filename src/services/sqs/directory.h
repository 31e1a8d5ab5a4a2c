#pragma once

// The queues that are in use: one object for each, opened when it is first asked for, with its record and
// settings in memory, so that a request reads no more from the store than its messages. Changes go through
// here: a record that was saved is taken over when its transaction commits. Owned by the service; lives on
// the loop.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/signal.h"
#include "base/task.h"
#include "flow/deduplication.h"
#include "flow/visibility_queue.h"
#include "services/sqs/attempts.h"
#include "services/sqs/attributes.h"
#include "services/sqs/queue_url.h"
#include "services/sqs/records.h"
#include "store/store.h"

namespace martlet::sqs {

struct Foundation {
  Executor executor;
  store::Store& store;
  Clock& clock;
  Ids& ids;
};

/// A queue that is in use. Whoever holds one across a wait looks at `gone` before writing.
struct OpenQueue {
  OpenQueue(const Foundation& on, QueueName name, QueueRecord record);

  const QueueName name;
  const std::string arn;
  QueueRecord record;
  QueueSettings settings;
  flow::VisibilityQueue messages;
  /// Of FIFO queues.
  flow::Deduplication sent;
  Attempts attempts;
  /// Counts changes of the redrive policy: who waits for messages goes by the new one.
  std::uint64_t redrive_changes = 0;
  /// It was deleted, or everything was forgotten.
  bool gone = false;
  /// Its engine can be used.
  bool ready = false;

  [[nodiscard]] bool fifo() const { return record.fifo; }
  /// Throws QueueDoesNotExist when it is gone.
  void demand() const;
};

using QueuePointer = std::shared_ptr<OpenQueue>;

class Directory {
 public:
  explicit Directory(Foundation on);

  /// Null when there is no such queue.
  Task<QueuePointer> find(QueueName name);
  /// Throws QueueDoesNotExist.
  Task<QueuePointer> get(QueueName name);

  /// Saves a record, new or changed, as part of `txn`.
  void save(store::Txn& txn, const QueueName& name, QueueRecord record);
  /// Erases a queue with its messages as part of `txn`; ends who waits for its messages.
  void erase(store::Txn& txn, const QueueName& name, const std::string& id);

  /// Forgets all queues and ends who waits for their messages (after the store was cleared).
  void reset();
  /// Ends who waits for messages, now and later: nothing is received any more.
  void close();
  [[nodiscard]] bool closed() const { return closed_; }

  /// Changes with every change of a queue's record, its policy and tags among it; not with its messages.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

  [[nodiscard]] const Foundation& on() const { return on_; }

 private:
  Task<std::optional<QueueRecord>> load(QueueName name);
  void drop(const QueueName& name);

  const Foundation on_;
  std::map<QueueName, QueuePointer> queues_;
  /// Counts changes, so that a record that was read before one is not used after it.
  std::uint64_t changes_ = 0;
  bool closed_ = false;
  Signal opened_;
};

}  // namespace martlet::sqs
