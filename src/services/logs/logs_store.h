#pragma once

// The data of CloudWatch Logs in the store:
//   ("logs", "epoch")                                      how many times sequence numbers were started
//   ("logs", "group", account, region, name)               GroupRecord
//   ("logs", "stream", group id, name)                     StreamRecord
//   ("logs", "event", group id, stream id, time, sequence) EventRecord
//   ("logs", "hour", group id, hour, stream id)            HourRecord
// Everything happens inside the caller's transaction. Times are milliseconds since the Unix epoch, hours are
// hours since.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/logs/records.h"
#include "store/store.h"

namespace martlet::logs {

inline constexpr std::int64_t kHourMs = 3'600'000;

struct GroupName {
  std::string account;
  std::string region;
  std::string name;
};

Task<std::optional<GroupRecord>> load_group(store::Txn& txn, GroupName name);
void save_group(store::Txn& txn, const GroupName& name, const GroupRecord& group);
/// With its streams and events.
void erase_group(store::Txn& txn, const GroupName& name, const GroupRecord& group);

/// Groups of `where.account` and `where.region` whose names start with `where.name`, in the order of their
/// names, after the name `after` (empty: from the first).
Task<std::vector<GroupRecord>> list_groups(store::Txn& txn, GroupName where, std::string after,
                                           std::size_t limit);

/// Groups of all accounts and regions, after the key `after` (empty: from the first), which is moved on.
struct GroupPage {
  std::vector<GroupRecord> groups;
  /// Empty when there are no more.
  std::string after;
};
Task<GroupPage> list_all_groups(store::Txn& txn, std::string after, std::size_t limit);

Task<std::optional<StreamRecord>> load_stream(store::Txn& txn, std::uint64_t group, std::string name);
void save_stream(store::Txn& txn, std::uint64_t group, const StreamRecord& stream);
/// With its events.
Task<> erase_stream(store::Txn& txn, std::uint64_t group, StreamRecord stream);

/// Streams whose names start with `prefix`, in the order of their names or against it, beyond the name
/// `beyond` (empty: from the first).
Task<std::vector<StreamRecord>> list_streams(store::Txn& txn, std::uint64_t group, std::string prefix,
                                             std::string beyond, store::ScanOptions options);

struct Event {
  Position position;
  EventRecord record;
};

void save_event(store::Txn& txn, std::uint64_t group, std::uint64_t stream, const Position& position,
                const EventRecord& event);
Task<std::vector<Event>> list_events(store::Txn& txn, std::uint64_t group, std::uint64_t stream, Span span,
                                     store::ScanOptions options);

/// A stream that has events of an hour.
struct Hour {
  std::int64_t hour = 0;
  std::uint64_t stream = 0;
  HourRecord record;
};

Task<HourRecord> load_hour(store::Txn& txn, std::uint64_t group, std::int64_t hour, std::uint64_t stream);
void save_hour(store::Txn& txn, std::uint64_t group, const Hour& hour);
/// Of the hours `first` to `last`, in the order of time or against it.
Task<std::vector<Hour>> list_hours(store::Txn& txn, std::uint64_t group, std::int64_t first,
                                   std::int64_t last, store::ScanOptions options);
/// Removes the events of that stream and hour, and the record of it.
void erase_hour(store::Txn& txn, std::uint64_t group, const Hour& hour);

/// A number that no earlier call gave.
Task<std::uint64_t> next_epoch(store::Txn& txn);

}  // namespace martlet::logs
