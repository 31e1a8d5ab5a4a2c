#include "services/sqs/service.h"

#include <set>
#include <utility>

#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/queues_store.h"

namespace martlet::sqs {

SqsService::SqsService(Dependencies with)
    : with_(std::move(with)),
      directory_({.executor = with_.executor, .store = with_.store, .clock = with_.clock, .ids = with_.ids}),
      counts_(with_.metrics),
      target_(directory_, counts_),
      source_(directory_, counts_),
      moves_(directory_) {}

Task<QueuePointer> SqsService::queue_at(const wire::Context& context, const std::string& url) {
  return directory_.get(queue_of_url(context, url));
}

Task<> SqsService::update(QueueName name, std::function<void(QueueRecord&)> change) {
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    std::optional<QueueRecord> before = co_await load_queue(txn, name);
    if (!before) throw queue_does_not_exist();
    QueueRecord record = *before;
    change(record);
    co_await save(txn, name, std::move(before), std::move(record));
  });
}

Task<> SqsService::check_redrive(store::Txn& txn, QueueName name, const QueueRecord& record) {
  const auto policy = settings_of(record).redrive;
  if (!policy) co_return;
  const auto refuse = [&](std::string_view reason) {
    return invalid_parameter("RedrivePolicy", record.attributes.at("RedrivePolicy"), reason);
  };
  const QueueName& target_name = policy->target;
  if (target_name.account != name.account || target_name.region != name.region)
    throw refuse("Dead letter target must be in the same account and region.");
  std::optional<QueueRecord> target = record;
  if (target_name != name) target = co_await load_queue(txn, target_name);
  if (!target) throw refuse("Dead letter target does not exist.");
  if (target->fifo != record.fifo)
    throw refuse("Dead-letter queue must be same type of queue as the source.");
  if (!settings_of(*target).redrive_allow.allows(arn_of(record.partition, name)))
    throw refuse("Dead letter target does not allow this queue as its source (RedriveAllowPolicy).");
}

Task<> SqsService::save(store::Txn& txn, QueueName name, std::optional<QueueRecord> before,
                        QueueRecord record) {
  const bool same_redrive = before && value_of(*before, "RedrivePolicy") == value_of(record, "RedrivePolicy");
  if (!same_redrive) {
    co_await check_redrive(txn, name, record);
    if (before)
      if (const auto policy = settings_of(*before).redrive) erase_source(txn, policy->target, name.name);
    if (const auto policy = settings_of(record).redrive) add_source(txn, policy->target, name.name);
  }
  directory_.save(txn, name, std::move(record));
}

Task<> SqsService::restore() {
  co_await remove_leftovers();
  co_await moves_.restore();
}

/// A message that was sent while its queue was being deleted may have been left behind; names can be used
/// again.
Task<> SqsService::remove_leftovers() {
  std::set<std::string> known;
  const std::int64_t quarantine_over = to_epoch_ms(with_.clock.now() - kNameQuarantine);
  const auto ids = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<std::string>> {
    co_await erase_old_deletions(txn, quarantine_over);
    co_return co_await list_queue_ids(txn);
  });
  known.insert(ids.begin(), ids.end());
  std::string after;
  while (true) {
    const auto id = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<std::string>> {
      auto next = co_await next_queue_id(txn, after);
      if (next && !known.contains(*next)) erase_contents(txn, *next);
      co_return next;
    });
    if (!id) co_return;
    after = *id;
  }
}

Task<> SqsService::stop() {
  directory_.close();
  co_await moves_.stop();
}

void SqsService::reset() {
  moves_.reset();
  directory_.reset();
}

}  // namespace martlet::sqs
