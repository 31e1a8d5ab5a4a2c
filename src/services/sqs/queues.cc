// Making, finding, purging and deleting queues.

#include <optional>
#include <utility>

#include "base/crypto.h"
#include "base/strings.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/paging.h"
#include "services/sqs/queues_store.h"
#include "services/sqs/service.h"
#include "services/sqs/tags.h"

namespace martlet::sqs {

namespace {

constexpr std::size_t kIdDigits = 24;
constexpr std::size_t kSecretBytes = 16;

bool wants_fifo(const CreateQueueRequest& input) {
  if (!input.attributes) return false;
  const auto found = input.attributes->find("FifoQueue");
  return found != input.attributes->end() && to_lower(found->second) == "true";
}

void check_name(const std::string& name, bool fifo) {
  if (is_queue_name(name) && is_fifo_name(name) == fifo) return;
  throw invalid_parameter(
      fifo ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
             "must "
             "end with .fifo suffix and be 1 to 80 in length."
           : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
}

/// Throws QueueNameExists when an attribute of the request is not that of the queue.
void check_same(const QueueRecord& there, const QueueRecord& asked, const AttributeMap& given) {
  for (const auto& [name, value] : given) {
    const auto now = value_of(there, name);
    const auto then = value_of(asked, name);
    if (now.has_value() != then.has_value() || (now && !same_value(*now, *then)))
      throw queue_name_exists(name);
  }
}

}  // namespace

Task<std::string> SqsService::create(store::Txn& txn, QueueName name, const CreateQueueRequest& input,
                                     const std::string& partition) {
  QueueRecord record;
  record.name = name.name;
  record.partition = partition;
  record.fifo = wants_fifo(input);
  if (input.attributes) apply_attributes(record.attributes, *input.attributes, record.fifo);
  if (const auto there = co_await load_queue(txn, name)) {
    if (input.attributes) check_same(*there, record, *input.attributes);
    co_return there->id;
  }
  const auto deleted = co_await load_deletion(txn, name);
  const std::int64_t now = now_ms();
  if (deleted && from_epoch_ms(deleted->deleted_ms) + kNameQuarantine > from_epoch_ms(now))
    throw queue_deleted_recently();
  if (deleted) erase_deletion(txn, name);
  if (input.tags) add_tags(record.tags, *input.tags);
  record.id = with_.ids.hex(kIdDigits);
  record.secret = with_.ids.bytes(kSecretBytes);
  record.created_ms = record.modified_ms = now;
  const std::string id = record.id;
  co_await save(txn, name, std::nullopt, std::move(record));
  co_return id;
}

Task<CreateQueueResult> SqsService::CreateQueue(wire::Context& context, CreateQueueRequest input) {
  check_name(input.queue_name, wants_fifo(input));
  const QueueName name{.account = context.account, .region = context.region, .name = input.queue_name};
  co_await with_.store.transact([&](store::Txn& txn) -> Task<std::string> {
    co_return co_await create(txn, name, input, context.partition);
  });
  CreateQueueResult out;
  out.queue_url = url_of(context, name);
  co_return out;
}

Task<> SqsService::DeleteQueue(wire::Context& context, DeleteQueueRequest input) {
  const QueueName name = queue_of_url(context, input.queue_url);
  const auto id = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::string> {
    const auto record = co_await load_queue(txn, name);
    if (!record) throw queue_does_not_exist();
    if (const auto policy = settings_of(*record).redrive) erase_source(txn, policy->target, name.name);
    for (const NumberedTask& task : co_await list_tasks(txn, name, 0)) erase_task(txn, name, task.number);
    directory_.erase(txn, name, record->id);
    co_return record->id;
  });
  // What was on its way into the queue meanwhile.
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    erase_contents(txn, id);
    co_return;
  });
}

Task<GetQueueUrlResult> SqsService::GetQueueUrl(wire::Context& context, GetQueueUrlRequest input) {
  const QueueName name{.account = input.queue_owner_aws_account_id.value_or(context.account),
                       .region = context.region,
                       .name = std::move(input.queue_name)};
  const QueuePointer queue = co_await directory_.get(name);
  GetQueueUrlResult out;
  out.queue_url = url_of(context, queue->name);
  co_return out;
}

Task<ListQueuesResult> SqsService::ListQueues(wire::Context& context, ListQueuesRequest input) {
  const std::size_t limit = page_size(input.max_results);
  const std::string after = page_start(input.next_token);
  std::vector<std::string> names =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<std::string>> {
        const QueueName where{.account = context.account, .region = context.region, .name = {}};
        co_return co_await list_queues(txn, where, input.queue_name_prefix.value_or(""), after, limit + 1);
      });
  ListQueuesResult out;
  out.next_token = cut_page(names, limit, input.max_results.has_value());
  for (std::string& name : names) {
    if (!out.queue_urls) out.queue_urls.emplace();
    out.queue_urls->push_back(
        url_of(context, {.account = context.account, .region = context.region, .name = std::move(name)}));
  }
  co_return out;
}

Task<> SqsService::PurgeQueue(wire::Context& context, PurgeQueueRequest input) {
  const QueuePointer queue = co_await queue_at(context, input.queue_url);
  const TimePoint now = with_.clock.now();
  co_await update(queue->name, [&](QueueRecord& record) {
    if (record.purged_ms != 0 && from_epoch_ms(record.purged_ms) + kPurgeInterval > now)
      throw purge_in_progress(record.name);
    record.purged_ms = to_epoch_ms(now);
  });
  queue->demand();
  co_await queue->messages.purge();
}

}  // namespace martlet::sqs
