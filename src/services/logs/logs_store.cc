#include "services/logs/logs_store.h"

#include <utility>

#include "store/key.h"
#include "store/record.h"

namespace martlet::logs {

namespace {

using store::Key;

std::string group_key(const GroupName& name) {
  return Key("logs", "group", name.account, name.region, name.name);
}

std::string stream_key(std::uint64_t group, const std::string& name) {
  return Key("logs", "stream", group, name);
}

std::string event_key(std::uint64_t group, std::uint64_t stream, const Position& position) {
  return Key("logs", "event", group, stream, position.timestamp_ms, position.sequence);
}

std::string hour_key(std::uint64_t group, std::int64_t hour, std::uint64_t stream) {
  return Key("logs", "hour", group, hour, stream);
}

store::Range event_range(std::uint64_t group, std::uint64_t stream, const Span& span) {
  return {event_key(group, stream, span.from), event_key(group, stream, span.to)};
}

Event event_of(const std::string& key, const std::string& value) {
  const auto [service, kind, group, stream, time, sequence] =
      store::unpack<std::string, std::string, std::uint64_t, std::uint64_t, std::int64_t, std::uint64_t>(key);
  return {{time, sequence}, store::decode<EventRecord>(value)};
}

Hour hour_of(const std::string& key, const std::string& value) {
  const auto [service, kind, group, hour, stream] =
      store::unpack<std::string, std::string, std::uint64_t, std::int64_t, std::uint64_t>(key);
  return {hour, stream, store::decode<HourRecord>(value)};
}

}  // namespace

Task<std::optional<GroupRecord>> load_group(store::Txn& txn, GroupName name) {
  co_return co_await store::get_record<GroupRecord>(txn, group_key(name));
}

void save_group(store::Txn& txn, const GroupName& name, const GroupRecord& group) {
  store::put_record(txn, group_key(name), group);
}

void erase_group(store::Txn& txn, const GroupName& name, const GroupRecord& group) {
  txn.erase(group_key(name));
  for (const char* kind : {"stream", "event", "hour"})
    txn.erase_range(store::prefix_range("logs", kind, group.id));
}

Task<std::vector<GroupRecord>> list_groups(store::Txn& txn, GroupName where, std::string after,
                                           std::size_t limit) {
  store::Range range =
      store::text_prefix_range(Key("logs", "group", where.account, where.region), where.name);
  if (!after.empty()) range = store::after(std::move(range), group_key({where.account, where.region, after}));
  std::vector<GroupRecord> found;
  if (range.begin >= range.end) co_return found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), {.limit = limit})) {
    found.push_back(store::decode<GroupRecord>(value));
  }
  co_return found;
}

Task<GroupPage> list_all_groups(store::Txn& txn, std::string after, std::size_t limit) {
  store::Range range = store::prefix_range("logs", "group");
  if (!after.empty()) range = store::after(std::move(range), after);
  GroupPage page;
  const auto pairs = co_await txn.scan(std::move(range), {.limit = limit});
  for (const auto& [key, value] : pairs) page.groups.push_back(store::decode<GroupRecord>(value));
  if (pairs.size() == limit) page.after = pairs.back().key;
  co_return page;
}

Task<std::optional<StreamRecord>> load_stream(store::Txn& txn, std::uint64_t group, std::string name) {
  co_return co_await store::get_record<StreamRecord>(txn, stream_key(group, name));
}

void save_stream(store::Txn& txn, std::uint64_t group, const StreamRecord& stream) {
  store::put_record(txn, stream_key(group, stream.name), stream);
}

Task<> erase_stream(store::Txn& txn, std::uint64_t group, StreamRecord stream) {
  txn.erase(stream_key(group, stream.name));
  txn.erase_range(store::prefix_range("logs", "event", group, stream.id));
  for (const auto& [key, value] : co_await txn.scan(store::prefix_range("logs", "hour", group))) {
    if (hour_of(key, value).stream == stream.id) txn.erase(key);
  }
}

Task<std::vector<StreamRecord>> list_streams(store::Txn& txn, std::uint64_t group, std::string prefix,
                                             std::string beyond, store::ScanOptions options) {
  store::Range range = store::text_prefix_range(Key("logs", "stream", group), prefix);
  if (!beyond.empty()) {
    const std::string key = stream_key(group, beyond);
    range = options.order == store::Order::kAscending ? store::after(std::move(range), key)
                                                      : store::before(std::move(range), key);
  }
  std::vector<StreamRecord> found;
  if (range.begin >= range.end) co_return found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), options)) {
    found.push_back(store::decode<StreamRecord>(value));
  }
  co_return found;
}

void save_event(store::Txn& txn, std::uint64_t group, std::uint64_t stream, const Position& position,
                const EventRecord& event) {
  store::put_record(txn, event_key(group, stream, position), event);
}

Task<std::vector<Event>> list_events(store::Txn& txn, std::uint64_t group, std::uint64_t stream, Span span,
                                     store::ScanOptions options) {
  std::vector<Event> found;
  if (span.empty()) co_return found;
  for (const auto& [key, value] : co_await txn.scan(event_range(group, stream, span), options)) {
    found.push_back(event_of(key, value));
  }
  co_return found;
}

Task<HourRecord> load_hour(store::Txn& txn, std::uint64_t group, std::int64_t hour, std::uint64_t stream) {
  const auto found = co_await store::get_record<HourRecord>(txn, hour_key(group, hour, stream));
  co_return found.value_or(HourRecord{});
}

void save_hour(store::Txn& txn, std::uint64_t group, const Hour& hour) {
  store::put_record(txn, hour_key(group, hour.hour, hour.stream), hour.record);
}

Task<std::vector<Hour>> list_hours(store::Txn& txn, std::uint64_t group, std::int64_t first,
                                   std::int64_t last, store::ScanOptions options) {
  std::vector<Hour> found;
  if (first > last) co_return found;
  store::Range range{Key("logs", "hour", group, first), Key("logs", "hour", group, last + 1)};
  for (const auto& [key, value] : co_await txn.scan(std::move(range), options)) {
    found.push_back(hour_of(key, value));
  }
  co_return found;
}

void erase_hour(store::Txn& txn, std::uint64_t group, const Hour& hour) {
  const Span span{{hour.hour * kHourMs, 0}, {(hour.hour + 1) * kHourMs, 0}};
  txn.erase_range(event_range(group, hour.stream, span));
  txn.erase(hour_key(group, hour.hour, hour.stream));
}

Task<std::uint64_t> next_epoch(store::Txn& txn) {
  const std::string key = Key("logs", "epoch");
  const std::optional<std::string> last = co_await txn.get(key);
  const std::uint64_t epoch = last ? std::get<0>(store::unpack<std::uint64_t>(*last)) + 1 : 1;
  txn.put(key, Key(epoch));
  co_return epoch;
}

}  // namespace martlet::logs
