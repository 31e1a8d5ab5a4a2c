#include "services/sqs/authorization.h"

#include <utility>

#include "services/sqs/attributes.h"
#include "services/sqs/move_tasks.h"
#include "services/sqs/queue_url.h"

namespace martlet::sqs {

namespace {

using authorization::Call;
using authorization::OperationRule;

// Kinds of Names.
constexpr const char* kQueue = "{QueueUrl|queue}";
constexpr const char* kNamed = "{QueueName|named}";

class Names final : public authorization::Naming {
 public:
  Task<std::string> complete(Call call, std::string_view kind, std::string value) override {
    const wire::Context& context = call.context;
    if (kind == "queue") co_return arn_of(context.partition, queue_of_url(context, value));
    if (kind == "task") co_return arn_of(context.partition, source_of_task(value));
    QueueName name{context.account, context.region, std::move(value)};
    if (std::string owner = call.member("QueueOwnerAWSAccountId"); !owner.empty())
      name.account = std::move(owner);
    co_return arn_of(context.partition, name);
  }
};

}  // namespace

authorization::ServiceRules authorization_rules() {
  static Names names;
  std::vector<OperationRule> rules{
      {"AddPermission", {{"sqs:AddPermission", kQueue}}},
      {"CancelMessageMoveTask", {{"sqs:CancelMessageMoveTask", "{TaskHandle|task}"}}},
      {"ChangeMessageVisibility", {{"sqs:ChangeMessageVisibility", kQueue}}},
      {"ChangeMessageVisibilityBatch", {{"sqs:ChangeMessageVisibility", kQueue}}},
      {"CreateQueue", {{"sqs:CreateQueue", kNamed}, {"sqs:TagQueue", kNamed, {}, "tags"}}, "tags"},
      {"DeleteMessage", {{"sqs:DeleteMessage", kQueue}}},
      {"DeleteMessageBatch", {{"sqs:DeleteMessage", kQueue}}},
      {"DeleteQueue", {{"sqs:DeleteQueue", kQueue}}},
      {"GetQueueAttributes", {{"sqs:GetQueueAttributes", kQueue}}},
      {"GetQueueUrl", {{"sqs:GetQueueUrl", kNamed}}},
      {"ListDeadLetterSourceQueues", {{"sqs:ListDeadLetterSourceQueues", kQueue}}},
      {"ListMessageMoveTasks", {{"sqs:ListMessageMoveTasks", "{SourceArn}"}}},
      {"ListQueueTags", {{"sqs:ListQueueTags", kQueue}}},
      {"ListQueues", {{"sqs:ListQueues"}}},
      {"PurgeQueue", {{"sqs:PurgeQueue", kQueue}}},
      {"ReceiveMessage", {{"sqs:ReceiveMessage", kQueue}}},
      {"RemovePermission", {{"sqs:RemovePermission", kQueue}}},
      {"SendMessage", {{"sqs:SendMessage", kQueue}}},
      {"SendMessageBatch", {{"sqs:SendMessage", kQueue}}},
      {"SetQueueAttributes", {{"sqs:SetQueueAttributes", kQueue}}},
      {"StartMessageMoveTask",
       {{"sqs:StartMessageMoveTask", "{SourceArn}"},
        {"sqs:ReceiveMessage", "{SourceArn}"},
        {"sqs:DeleteMessage", "{SourceArn}"},
        {"sqs:GetQueueAttributes", "{SourceArn}"},
        {"sqs:SendMessage", "{DestinationArn?}"}}},
      {"TagQueue", {{"sqs:TagQueue", kQueue}}, "Tags"},
      {"UntagQueue", {{"sqs:UntagQueue", kQueue}}, "TagKeys"},
  };
  return {
      .arn_service = "sqs", .denied_code = "AccessDenied", .operations = std::move(rules), .naming = &names};
}

Task<std::optional<std::string>> PolicySource::find(std::string arn) {
  const auto name = queue_of_arn(std::string_view(arn));
  if (!name) co_return std::nullopt;
  const QueuePointer queue = co_await directory_.find(*name);
  co_return queue ? value_of(queue->record, "Policy") : std::nullopt;
}

Task<authorization::TaggedResource> TagSource::find(std::string arn) {
  authorization::TaggedResource found;
  const auto name = queue_of_arn(std::string_view(arn));
  if (!name) co_return found;
  const QueuePointer queue = co_await directory_.find(*name);
  if (queue) found.tags.assign(queue->record.tags.begin(), queue->record.tags.end());
  co_return found;
}

}  // namespace martlet::sqs
