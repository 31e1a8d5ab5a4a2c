#pragma once

// Amazon SQS: standard and FIFO queues, over flow/visibility_queue.h. Its operations are grouped by noun:
// queues.cc, queue_attributes.cc, messages.cc, batches.cc, move_tasks.cc, permissions.cc,
// tags.cc. It takes deliveries to the ARNs of queues (target()) and lets others read from them (source()).
// Owned by the server; lives on the loop.

#include <functional>
#include <string>

#include "api/sqs/api.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "services/sqs/authorization.h"
#include "services/sqs/directory.h"
#include "services/sqs/message_counts.h"
#include "services/sqs/move_runner.h"
#include "services/sqs/source.h"
#include "services/sqs/target.h"
#include "sources/sources.h"
#include "store/store.h"
#include "targets/targets.h"

namespace martlet::sqs {

struct Dependencies {
  Executor executor;
  store::Store& store;
  Clock& clock;
  Ids& ids;
  metrics::Registry& metrics;
};

class SqsService final : public Api {
 public:
  explicit SqsService(Dependencies with);

  Task<CreateQueueResult> CreateQueue(wire::Context& context, CreateQueueRequest input) override;
  Task<> DeleteQueue(wire::Context& context, DeleteQueueRequest input) override;
  Task<GetQueueUrlResult> GetQueueUrl(wire::Context& context, GetQueueUrlRequest input) override;
  Task<ListQueuesResult> ListQueues(wire::Context& context, ListQueuesRequest input) override;
  Task<> PurgeQueue(wire::Context& context, PurgeQueueRequest input) override;

  Task<GetQueueAttributesResult> GetQueueAttributes(wire::Context& context,
                                                    GetQueueAttributesRequest input) override;
  Task<> SetQueueAttributes(wire::Context& context, SetQueueAttributesRequest input) override;

  Task<SendMessageResult> SendMessage(wire::Context& context, SendMessageRequest input) override;
  Task<ReceiveMessageResult> ReceiveMessage(wire::Context& context, ReceiveMessageRequest input) override;
  Task<> DeleteMessage(wire::Context& context, DeleteMessageRequest input) override;
  Task<> ChangeMessageVisibility(wire::Context& context, ChangeMessageVisibilityRequest input) override;

  Task<SendMessageBatchResult> SendMessageBatch(wire::Context& context,
                                                SendMessageBatchRequest input) override;
  Task<DeleteMessageBatchResult> DeleteMessageBatch(wire::Context& context,
                                                    DeleteMessageBatchRequest input) override;
  Task<ChangeMessageVisibilityBatchResult> ChangeMessageVisibilityBatch(
      wire::Context& context, ChangeMessageVisibilityBatchRequest input) override;

  Task<ListDeadLetterSourceQueuesResult> ListDeadLetterSourceQueues(
      wire::Context& context, ListDeadLetterSourceQueuesRequest input) override;
  Task<StartMessageMoveTaskResult> StartMessageMoveTask(wire::Context& context,
                                                        StartMessageMoveTaskRequest input) override;
  Task<ListMessageMoveTasksResult> ListMessageMoveTasks(wire::Context& context,
                                                        ListMessageMoveTasksRequest input) override;
  Task<CancelMessageMoveTaskResult> CancelMessageMoveTask(wire::Context& context,
                                                          CancelMessageMoveTaskRequest input) override;

  Task<> AddPermission(wire::Context& context, AddPermissionRequest input) override;
  Task<> RemovePermission(wire::Context& context, RemovePermissionRequest input) override;

  Task<> TagQueue(wire::Context& context, TagQueueRequest input) override;
  Task<> UntagQueue(wire::Context& context, UntagQueueRequest input) override;
  Task<ListQueueTagsResult> ListQueueTags(wire::Context& context, ListQueueTagsRequest input) override;

  /// Takes what is delivered to the ARN of a queue.
  targets::Target& target() { return target_; }
  /// Reads queues for others.
  sources::Source& source() { return source_; }

  /// The policies of queues.
  authorization::ResourcePolicies& policies() { return policies_; }
  authorization::ResourceTags& resource_tags() { return tags_; }

  /// Takes up the move tasks of before and removes what queues that are gone have left. Owners call it once,
  /// before requests come.
  Task<> restore();
  /// Ends every wait for messages, now and later.
  void end_waits() { directory_.close(); }
  /// Ends what runs in the background.
  Task<> stop();
  /// Forgets what is kept in memory (after the store was cleared).
  void reset();

 private:
  [[nodiscard]] std::int64_t now_ms() const { return to_epoch_ms(with_.clock.now()); }
  /// The queue that a request names. Throws InvalidAddress, QueueDoesNotExist.
  Task<QueuePointer> queue_at(const wire::Context& context, const std::string& url);
  /// Lets `change` edit the record of a queue, in one transaction.
  Task<> update(QueueName name, std::function<void(QueueRecord&)> change);
  /// What may hold of a redrive policy only while its dead-letter queue does: throws InvalidParameterValue.
  Task<> check_redrive(store::Txn& txn, QueueName name, const QueueRecord& record);
  /// Saves a record with what follows from its attributes.
  Task<> save(store::Txn& txn, QueueName name, std::optional<QueueRecord> before, QueueRecord record);
  Task<std::string> create(store::Txn& txn, QueueName name, const CreateQueueRequest& input,
                           const std::string& partition);
  Task<> remove_leftovers();

  Dependencies with_;
  Directory directory_;
  PolicySource policies_{directory_};
  TagSource tags_{directory_};
  MessageCounts counts_;
  QueueTarget target_;
  QueueSource source_;
  MoveRunner moves_;
};

}  // namespace martlet::sqs
