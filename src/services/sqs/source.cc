#include "services/sqs/source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/strings.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/message_attributes.h"

namespace martlet::sqs {

namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  out += quote_json(name) + ':' + quote_json(text);
}

std::string attributes_json(const Attributes& attributes) {
  std::string out = "{";
  for (const auto& [name, attribute] : attributes) {
    if (out.back() != '{') out += ',';
    std::string value = "{";
    if (is_binary(attribute.type))
      append_member(value, "binaryValue", base64_encode(attribute.value));
    else
      append_member(value, "stringValue", attribute.value);
    value += R"(,"stringListValues":[],"binaryListValues":[])";
    append_member(value, "dataType", attribute.type);
    out += quote_json(name) + ':' + value + '}';
  }
  return out + '}';
}

/// One consumer of one queue. The queue is looked up for each read, so that one that was made anew under the
/// same name is found.
class QueueReader final : public sources::Reader {
 public:
  QueueReader(Directory& directory, MessageCounts& counts, QueueName name)
      : directory_(directory), counts_(counts), name_(std::move(name)) {}

  Task<std::vector<sources::Record>> read(sources::ReadOptions options) override {
    return read_messages(options, std::nullopt);
  }
  Task<std::vector<sources::Record>> read_until(sources::ReadOptions options, TimePoint deadline) override {
    return read_messages(options, deadline);
  }

  Task<> done(store::Txn& txn, std::vector<sources::Record> records) override {
    const QueuePointer queue = co_await directory_.find(name_);
    if (!queue) co_return;
    for (const sources::Record& record : records)
      if (const auto handle = read_receipt_handle(record.handle, queue->record.secret))
        co_await queue->messages.erase(txn, handle->receipt);
    txn.after_commit([this, queue, count = records.size()] { counts_.deleted.add(count); });
  }

  Task<> give_back(store::Txn& txn, std::vector<sources::Record> records, Duration delay) override {
    const QueuePointer queue = co_await directory_.find(name_);
    if (!queue) co_return;
    const TimePoint due = directory_.on().clock.now() + delay;
    for (const sources::Record& record : records)
      if (const auto handle = read_receipt_handle(record.handle, queue->record.secret))
        co_await queue->messages.change_visibility(txn, handle->receipt, due);
    txn.after_commit([queue] {});
  }

  void close() override {
    *closed_ = true;
    if (reading_) reading_->messages.recheck();
  }

 private:
  Task<std::vector<sources::Record>> read_messages(sources::ReadOptions options,
                                                   std::optional<TimePoint> deadline) {
    std::vector<sources::Record> records;
    const QueuePointer queue = co_await directory_.find(name_);
    if (!queue || *closed_) co_return records;
    reading_ = queue;
    const Duration visibility = options.visibility > Duration::zero()
                                    ? options.visibility
                                    : std::chrono::seconds(queue->settings.visibility_seconds);
    const auto received = co_await receive(directory_, queue,
                                           {.most = std::min<std::size_t>(options.most, kMaxReceived),
                                            .visibility = visibility,
                                            .wait_until = deadline,
                                            .abandoned = [closed = closed_] { return *closed; }});
    const TimePoint now = directory_.on().clock.now();
    counts_.received.add(received.size());
    for (const flow::ReceivedMessage& message : received) {
      Received described = describe(*queue, message, now);
      records.push_back({.id = described.record.id,
                         .json = event_record(*queue, described),
                         .group = queue->fifo() ? message.group : std::string(),
                         .receives = message.receives,
                         .trace_header = described.record.trace_header,
                         .held_until = from_epoch_ms(message.receipt.due_ms),
                         .handle = std::move(described.receipt_handle)});
    }
    co_return records;
  }

  Directory& directory_;
  MessageCounts& counts_;
  const QueueName name_;
  /// Shared with reads under way.
  std::shared_ptr<bool> closed_ = std::make_shared<bool>(false);
  /// The queue that was read last.
  QueuePointer reading_;
};

}  // namespace

std::string event_record(const OpenQueue& queue, const Received& message) {
  const MessageRecord& record = message.record;
  std::string out = "{";
  append_member(out, "messageId", record.id);
  append_member(out, "receiptHandle", message.receipt_handle);
  append_member(out, "body", record.body);
  std::string attributes = "{";
  for (const auto& [name, value] : message.system_attributes) append_member(attributes, name, value);
  out += ",\"attributes\":" + attributes + '}';
  out += ",\"messageAttributes\":" + attributes_json(record.attributes);
  append_member(out, "md5OfBody", record.md5_of_body);
  if (!record.md5_of_attributes.empty())
    append_member(out, "md5OfMessageAttributes", record.md5_of_attributes);
  append_member(out, "eventSource", "aws:sqs");
  append_member(out, "eventSourceARN", queue.arn);
  append_member(out, "awsRegion", queue.name.region);
  return out + '}';
}

Task<sources::Description> QueueSource::describe(store::Txn&, Arn arn) {
  const auto name = queue_of_arn(arn);
  if (!name) throw queue_does_not_exist();
  const QueuePointer queue = co_await directory_.get(*name);
  co_return sources::Description{.event_source = "aws:sqs",
                                 .ordered = queue->fifo(),
                                 .visibility = std::chrono::seconds(queue->settings.visibility_seconds)};
}

std::unique_ptr<sources::Reader> QueueSource::open(const Arn& arn, std::string) {
  return std::make_unique<QueueReader>(directory_, counts_, queue_of_arn(arn).value_or(QueueName{}));
}

}  // namespace martlet::sqs
