#include "services/sns/outbox.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/strings.h"
#include "net/url.h"
#include "services/sns/documents.h"
#include "services/sns/limits.h"
#include "services/sns/sns_store.h"

namespace martlet::sns {

namespace {

std::string attributes_json(const OutboxRecord& record) {
  std::string out;
  for (const auto& [name, attribute] : record.attributes) {
    const bool is_binary = attribute.type.starts_with("Binary");
    out += fmt::format("{}{}: {{\"type\": {}, \"value\": {}}}", out.empty() ? "" : ", ", quote_json(name),
                       quote_json(attribute.type),
                       quote_json(is_binary ? base64_encode(attribute.value) : attribute.value));
  }
  return "{" + out + "}";
}

std::string record_json(const OutboxRecord& record) {
  return fmt::format(
      R"({{"protocol": {}, "to": {}, "subject": {}, "body": {}, "messageId": {}, "topicArn": {}, "sent": "{}", )"
      R"("attributes": {}}})",
      quote_json(record.protocol), quote_json(record.to), quote_json(record.subject), quote_json(record.body),
      quote_json(record.message_id), quote_json(record.topic_arn), iso8601(record.sent_ms),
      attributes_json(record));
}

/// What the query asks for; empty: all.
struct Choice {
  std::string protocol;
  std::string to;
  [[nodiscard]] bool takes(const OutboxRecord& record) const {
    return (protocol.empty() || protocol == record.protocol) && (to.empty() || to == record.to);
  }
};

Choice choice_of(const net::RequestHead& head) {
  Choice choice;
  // A plus stands for itself: telephone numbers begin with one.
  for (auto& [name, value] : net::parse_query(head.query()).value_or(net::Pairs{})) {
    if (name == "protocol") choice.protocol = value;
    if (name == "to") choice.to = value;
  }
  return choice;
}

}  // namespace

Task<> Outbox::restore() {
  next_ = co_await store_.transact(
      [](store::Txn& txn) -> Task<std::uint64_t> { co_return co_await next_outbox_number(txn); });
}

void Outbox::add(store::Txn& txn, const OutboxRecord& record) {
  const std::uint64_t number = next_++;
  save_outbox(txn, number, record);
  if (number > kMaxOutboxMessages) erase_outbox(txn, number - kMaxOutboxMessages);
}

Task<> Outbox::answer(net::Request& request, net::ResponseWriter& writer) {
  const net::Headers headers{{"Content-Type", "application/json"}};
  if (request.head().method == "DELETE") {
    co_await store_.transact([](store::Txn& txn) -> Task<> {
      erase_whole_outbox(txn);
      co_return;
    });
    co_await writer.send({200, headers, "[]\n"});
    co_return;
  }
  const std::vector<OutboxRecord> records = co_await store_.transact(
      [](store::Txn& txn) -> Task<std::vector<OutboxRecord>> { co_return co_await list_outbox(txn); });
  const Choice choice = choice_of(request.head());
  std::string out;
  for (const OutboxRecord& record : records)
    if (choice.takes(record)) out += (out.empty() ? "\n" : ",\n") + record_json(record);
  co_await writer.send({200, headers, "[" + out + "]\n"});
}

}  // namespace martlet::sns
