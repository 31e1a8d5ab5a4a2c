#include "services/sqs/target.h"

#include <utility>

#include "services/sqs/errors.h"
#include "services/sqs/message_attributes.h"
#include "services/sqs/sending.h"

namespace martlet::sqs {

namespace {

MessageInput input_of(const OpenQueue& queue, const targets::Delivery& delivery) {
  MessageInput input;
  input.body = delivery.body;
  for (const auto& [name, attribute] : delivery.attributes) {
    MessageAttributeValue& value = input.attributes[name];
    // SNS knows lists of texts; in a queue they are text.
    value.data_type = attribute.type == "String.Array" ? "String" : attribute.type;
    (is_binary(attribute.type) ? value.binary_value : value.string_value) = attribute.value;
  }
  if (!delivery.trace_header.empty()) {
    MessageSystemAttributeValue& header = input.system_attributes["AWSTraceHeader"];
    header.data_type = "String";
    header.string_value = delivery.trace_header;
  }
  if (!delivery.group_id.empty()) input.group_id = delivery.group_id;
  if (queue.fifo() && !delivery.deduplication_id.empty()) input.deduplication_id = delivery.deduplication_id;
  return input;
}

}  // namespace

Task<> QueueTarget::deliver(store::Txn& txn, const targets::Delivery& delivery) {
  const auto name = queue_of_arn(delivery.to);
  if (!name) throw queue_does_not_exist();
  const QueuePointer queue = co_await directory_.get(*name);
  const Foundation& on = directory_.on();
  // As on AWS, who sends for others has an id of its own; its account tells as much.
  const ReadyMessage ready = make_ready(*queue, input_of(*queue, delivery), delivery.to.account, on.ids);
  co_await send(txn, queue, ready, on.clock.now());
  // Keeps the queue for as long as the transaction lasts.
  txn.after_commit([this, queue] { counts_.sent.add(); });
}

}  // namespace martlet::sqs
