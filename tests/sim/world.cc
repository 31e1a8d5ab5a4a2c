#include "world.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "store/key.h"

namespace martlet::sim {

namespace {

constexpr const char* kAccount = "000000000000";
constexpr const char* kRegion = "us-east-1";

std::string arn_of(const std::string& queue) {
  return std::string("arn:aws:sqs:") + kRegion + ":" + kAccount + ":" + queue;
}

wire::Context context() {
  wire::Context made;
  made.account = kAccount;
  made.region = kRegion;
  made.base_url = "http://localhost:4566";
  made.caller = {.kind = wire::Caller::Kind::kRoot,
                 .account = kAccount,
                 .arn = "arn:aws:iam::000000000000:root",
                 .user_id = kAccount,
                 .access_key_id = {}};
  return made;
}

/// The id of the item that a record carries.
std::string item_of(const boost::json::value& record) { return std::string(record.at("body").as_string()); }

}  // namespace

Lasting::Lasting(boost::asio::io_context& on, std::uint64_t seed)
    : loop(on),
      random(seed),
      clock(make_simulated_clock(on.get_executor(), from_epoch_ms(1'800'000'000'000))),
      engine(store::make_memory_engine()),
      batch_size(1 + random.below(10)),
      window(random.chance(0.3) ? Duration(std::chrono::seconds(2)) : Duration{}),
      reports_item_failures(random.chance(0.5)) {}

World::World(Lasting& lasting, FaultRates rates, std::uint64_t run)
    : lasting_(lasting),
      executor_(lasting.loop.get_executor()),
      ids_(run),
      store_(executor_, lasting.engine, lasting.random, rates),
      sqs_({.executor = executor_,
            .store = store_,
            .clock = *lasting.clock,
            .ids = ids_,
            .metrics = metrics_}),
      context_(context()),
      spy_(std::make_unique<SpySource>(sqs_.source(), observer())),
      async_({.executor = executor_,
              .store = store_,
              .clock = *lasting.clock,
              .ids = ids_,
              .targets = targets_,
              .metrics = metrics_,
              .attempt = [this](lambda::AsyncEvent event) { return attempt(std::move(event)); },
              .settings = [](lambda::AsyncEvent) -> Task<std::optional<lambda::AsyncSettings>> {
                co_return lambda::AsyncSettings{.dead_letter_target = arn_of(kAsyncDead)};
              }}),
      tasks_(executor_) {
  targets_.add("sqs", sqs_.target());
}

World::~World() = default;

Observer World::observer() {
  return {.read =
              [this](const sources::Record& record) {
                if (!alive()) return;
                const std::string item = item_of(boost::json::parse(record.json));
                items_[record.id] = item;
                lasting_.ledger.received(item, record.receives, record.held_until, lasting_.clock->now());
              },
          .done =
              [this](const sources::Record& record) {
                if (alive()) lasting_.ledger.deleting(items_.at(record.id));
              },
          .give_back =
              [this](const sources::Record& record, Duration delay) {
                if (alive())
                  lasting_.ledger.letting_go(items_.at(record.id), record.receives,
                                             lasting_.clock->now() + delay);
              }};
}

Task<> World::start() {
  co_await sqs_.restore();
  for (const char* dead : {kStandardDead, kFifoDead, kAsyncDead}) co_await make_queue(dead, "");
  co_await make_queue(kStandard, kStandardDead);
  co_await make_queue(kFifo, kFifoDead);
  co_await async_.recover();
  mappings_.push_back(map(kStandard, lasting_.batch_size));
  mappings_.push_back(map(kFifo, lasting_.batch_size));
}

void World::switch_mapping(std::size_t which, std::size_t batch_size) {
  std::erase_if(ending_, [](const auto& mapping) { return mapping->is_finished(); });
  mappings_[which]->close();
  ending_.push_back(std::move(mappings_[which]));
  mappings_[which] = map(which == 0 ? kStandard : kFifo, batch_size);
}

Task<> World::stop_in_order() {
  ending_.insert(ending_.end(), mappings_.begin(), mappings_.end());
  mappings_.clear();
  for (const auto& mapping : ending_) mapping->close();
  for (const auto& mapping : ending_) co_await mapping->finished();
  ending_.clear();
  co_await stop();
}

Task<> World::stop() {
  mappings_.insert(mappings_.end(), ending_.begin(), ending_.end());
  ending_.clear();
  for (const auto& mapping : mappings_) {
    mapping->abandon();
    co_await mapping->finished();
  }
  sqs_.end_waits();
  co_await tasks_.stop();
  co_await async_.stop();
  co_await sqs_.stop();
}

Task<> World::make_queue(std::string name, std::string dead_letter_queue) {
  sqs::CreateQueueRequest input;
  input.queue_name = name;
  std::map<std::string, std::string> attributes{{"VisibilityTimeout", std::to_string(kVisibility.count())}};
  if (name.ends_with(".fifo")) attributes.emplace("FifoQueue", "true");
  if (!dead_letter_queue.empty())
    attributes.emplace("RedrivePolicy", R"({"maxReceiveCount":)" + std::to_string(kMostReceives) +
                                            R"(,"deadLetterTargetArn":")" + arn_of(dead_letter_queue) +
                                            "\"}");
  input.attributes.emplace(attributes.begin(), attributes.end());
  co_await sqs_.CreateQueue(context_, std::move(input));
}

lambda::MappingSettings World::settings(std::size_t batch_size) {
  lambda::MappingSettings made;
  made.batch_size = batch_size;
  made.reports_item_failures = lasting_.reports_item_failures;
  made.invoke = [this](lambda::MappingInvocation invocation) { return handle(std::move(invocation)); };
  return made;
}

std::shared_ptr<lambda::MappingRunner> World::map(const std::string& queue, std::size_t batch_size) {
  lambda::MappingSettings made = settings(batch_size);
  if (queue == kStandard) made.window = lasting_.window;
  return std::make_shared<lambda::MappingRunner>(
      lambda::MappingEngine{.executor = executor_, .store = store_, .clock = *lasting_.clock},
      lambda::MappingSource{.source = *spy_, .arn = *Arn::parse(arn_of(queue)), .role_arn = {}},
      std::move(made), lambda::MappingCounters(metrics_, "f", queue));
}

Task<> World::send(std::string queue, std::string id, std::string group, int delay_seconds) {
  sqs::SendMessageRequest input;
  input.queue_url = url_of(queue);
  input.message_body = id;
  if (delay_seconds > 0) input.delay_seconds = delay_seconds;
  if (!group.empty()) {
    input.message_group_id = group;
    input.message_deduplication_id = id;
  }
  co_await sqs_.SendMessage(context_, std::move(input));
  if (alive()) lasting_.ledger.acknowledged(id);
}

Task<> World::send_batch(std::string queue, std::vector<std::string> ids, std::string group) {
  sqs::SendMessageBatchRequest input;
  input.queue_url = url_of(queue);
  for (const std::string& id : ids) {
    sqs::SendMessageBatchRequestEntry entry;
    entry.id = id;
    entry.message_body = id;
    if (!group.empty()) {
      entry.message_group_id = group;
      entry.message_deduplication_id = id;
    }
    input.entries.push_back(std::move(entry));
  }
  const auto output = co_await sqs_.SendMessageBatch(context_, std::move(input));
  if (alive())
    for (const auto& entry : output.successful) lasting_.ledger.acknowledged(entry.id);
}

Task<> World::store_event(lambda::AsyncEvent event) {
  co_await store_.transact([&](store::Txn& txn) -> Task<> {
    async_.add(txn, event);
    co_return;
  });
}

Task<> World::invoke_async(std::string id) {
  lambda::AsyncEvent event;
  event.request_id = ids_.uuid();
  event.account = kAccount;
  event.region = kRegion;
  event.name = "f";
  event.payload = "\"" + id + "\"";
  event.accepted_ms = to_epoch_ms(lasting_.clock->now());
  co_await store_event(std::move(event));
  if (alive()) lasting_.ledger.acknowledged(id);
}

Task<> World::receive_and_forget(std::string queue, std::optional<int> visibility_seconds) {
  sqs::ReceiveMessageRequest input;
  input.queue_url = url_of(queue);
  input.max_number_of_messages = 3;
  input.message_system_attribute_names = {"ApproximateReceiveCount"};
  const auto output = co_await sqs_.ReceiveMessage(context_, std::move(input));
  if (!alive()) co_return;
  const TimePoint now = lasting_.clock->now();
  for (const sqs::Message& message : output.messages.value_or(std::vector<sqs::Message>{}))
    lasting_.ledger.received(
        *message.body,
        static_cast<std::uint32_t>(std::stoul(message.attributes->at("ApproximateReceiveCount"))),
        now + kVisibility, now);
  if (!visibility_seconds) co_return;
  for (const sqs::Message& message : output.messages.value_or(std::vector<sqs::Message>{}))
    co_await change_visibility(queue, message, *visibility_seconds);
}

Task<> World::change_visibility(std::string queue, sqs::Message message, int seconds) {
  const TimePoint due = lasting_.clock->now() + std::chrono::seconds(seconds);
  const auto count =
      static_cast<std::uint32_t>(std::stoul(message.attributes->at("ApproximateReceiveCount")));
  if (alive()) lasting_.ledger.letting_go(*message.body, count, due);
  co_await sqs_.ChangeMessageVisibility(
      context_,
      {.queue_url = url_of(queue), .receipt_handle = *message.receipt_handle, .visibility_timeout = seconds});
  if (alive()) lasting_.ledger.let_go(*message.body, count, due);
}

Task<> World::bury(std::string queue) {
  while (true) {
    sqs::ReceiveMessageRequest input;
    input.queue_url = url_of(queue);
    input.max_number_of_messages = 10;
    const auto output = co_await sqs_.ReceiveMessage(context_, std::move(input));
    if (!output.messages || output.messages->empty()) co_return;
    for (const sqs::Message& message : *output.messages) {
      const std::string& body = *message.body;
      // Of an event the payload is the item's id as JSON.
      lasting_.ledger.dead(queue == kAsyncDead ? std::string(boost::json::parse(body).as_string()) : body);
      co_await sqs_.DeleteMessage(context_,
                                  {.queue_url = url_of(queue), .receipt_handle = *message.receipt_handle});
    }
  }
}

Task<std::uint64_t> World::messages_in(std::string queue) {
  sqs::GetQueueAttributesRequest input;
  input.queue_url = url_of(queue);
  input.attribute_names = {"All"};
  const auto output = co_await sqs_.GetQueueAttributes(context_, std::move(input));
  std::uint64_t count = 0;
  for (const char* name : {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                           "ApproximateNumberOfMessagesDelayed"})
    count += std::stoull(output.attributes->at(name));
  co_return count;
}

}  // namespace martlet::sim
