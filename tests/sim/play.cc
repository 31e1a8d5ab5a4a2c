// The functions of the simulation: slow, failing and poisoned ones.

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "world.h"

namespace martlet::sim {

namespace {

constexpr double kFailure = 0.15;
constexpr double kThrottle = 0.05;

/// Notes a record as being handled for as long as it lives.
class Handling {
 public:
  Handling(Ledger& ledger, std::string id, std::function<bool()> counts)
      : ledger_(ledger), id_(std::move(id)), counts_(std::move(counts)) {}
  ~Handling() {
    if (counts_()) ledger_.handler_leaves(id_);
  }
  Handling(const Handling&) = delete;
  Handling& operator=(const Handling&) = delete;

 private:
  Ledger& ledger_;
  std::string id_;
  std::function<bool()> counts_;
};

struct Record {
  std::string message_id;
  std::string item;
  std::string group;
};

std::vector<Record> records_of(const std::string& event) {
  std::vector<Record> records;
  const boost::json::value document = boost::json::parse(event);
  for (const boost::json::value& record : document.at("Records").as_array()) {
    const auto* group = record.at("attributes").as_object().if_contains("MessageGroupId");
    records.push_back({.message_id = std::string(record.at("messageId").as_string()),
                       .item = std::string(record.at("body").as_string()),
                       .group = group == nullptr ? "" : std::string(group->as_string())});
  }
  return records;
}

std::string failures_as_json(const std::vector<std::string>& message_ids) {
  boost::json::array failures;
  for (const std::string& id : message_ids) failures.push_back({{"itemIdentifier", id}});
  return boost::json::serialize(boost::json::value{{"batchItemFailures", std::move(failures)}});
}

}  // namespace

Task<lambda::MappingAnswer> World::handle(lambda::MappingInvocation invocation) {
  using Kind = lambda::MappingAnswer::Kind;
  if (lasting_.random.chance(kThrottle)) co_return lambda::MappingAnswer{.kind = Kind::kThrottled};
  const auto counts = [this] { return alive(); };
  const std::vector<Record> records = records_of(invocation.event);
  std::vector<std::unique_ptr<Handling>> handling;
  std::vector<std::string> failed;
  std::vector<std::string> succeeded;
  std::set<std::string> stopped_groups;
  TimePoint held_until = TimePoint::max();
  for (const Record& record : records) {
    if (alive())
      held_until = std::min(held_until, lasting_.ledger.handler_holds(record.item, lasting_.clock->now()));
    handling.push_back(std::make_unique<Handling>(lasting_.ledger, record.item, counts));
  }
  co_await lasting_.clock->sleep_for(
      std::chrono::seconds(lasting_.random.below(lasting_.random.chance(0.1) ? 60 : 5)));
  for (const Record& record : records) {
    const bool stopped = !record.group.empty() && stopped_groups.contains(record.group);
    // One that took too long works on what others may have by now.
    const bool in_time = lasting_.clock->now() < held_until;
    if (!stopped && alive() && in_time) lasting_.ledger.handler_begins(record.item, succeeded);
    if (stopped || lasting_.ledger.is_poison(record.item) || lasting_.random.chance(kFailure)) {
      failed.push_back(record.message_id);
      stopped_groups.insert(record.group);
      if (!lasting_.reports_item_failures) co_return lambda::MappingAnswer{.kind = Kind::kFunctionError};
    } else {
      succeeded.push_back(record.item);
      if (lasting_.reports_item_failures && alive()) lasting_.ledger.succeeded(record.item);
    }
  }
  if (!lasting_.reports_item_failures && alive())
    for (const std::string& item : succeeded) lasting_.ledger.succeeded(item);
  co_return lambda::MappingAnswer{.payload = failures_as_json(failed)};
}

Task<lambda::AsyncAttempt> World::attempt(lambda::AsyncEvent event) {
  using Kind = lambda::AsyncAttempt::Kind;
  if (lasting_.random.chance(kThrottle))
    co_return lambda::AsyncAttempt{.kind = Kind::kNotNow, .payload = "", .status = 429};
  const std::string id(boost::json::parse(event.payload).as_string());
  if (alive()) lasting_.ledger.attempted(id);
  co_await lasting_.clock->sleep_for(std::chrono::seconds(lasting_.random.below(5)));
  if (lasting_.ledger.is_poison(id) || lasting_.random.chance(kFailure))
    co_return lambda::AsyncAttempt{.kind = Kind::kFunctionError, .payload = "{}"};
  if (alive()) lasting_.ledger.succeeded(id);
  co_return lambda::AsyncAttempt{.kind = Kind::kSuccess, .payload = "null"};
}

}  // namespace martlet::sim
