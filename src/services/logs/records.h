#pragma once

// What CloudWatch Logs stores. The keys are spelled in logs_store.cc, nowhere else.

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace martlet::logs {

/// (The numbers of a record's fields are never used again: see store/record.h.)
struct GroupRecord {
  static constexpr std::uint32_t kVersion = 1;

  /// Under this its streams and events are kept, so that a group made anew under the same name starts empty.
  std::uint64_t id = 0;
  std::string name;
  std::int64_t created_ms = 0;
  /// 0: events never expire.
  std::int32_t retention_days = 0;
  /// "STANDARD", "INFREQUENT_ACCESS" or "DELIVERY".
  std::string log_group_class;
  std::string kms_key_id;
  bool deletion_protection = false;
  std::map<std::string, std::string> tags;

  void fields(auto& field) {
    field(1, id);
    field(2, name);
    field(3, created_ms);
    field(4, retention_days);
    field(5, log_group_class);
    field(6, kms_key_id);
    field(7, deletion_protection);
    field(8, tags);
  }
};

struct StreamRecord {
  static constexpr std::uint32_t kVersion = 1;

  /// Unique among all streams of all groups.
  std::uint64_t id = 0;
  std::string name;
  std::int64_t created_ms = 0;

  void fields(auto& field) {
    field(1, id);
    field(2, name);
    field(3, created_ms);
  }
};

/// One event; when it happened is in its key.
struct EventRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::int64_t ingested_ms = 0;
  std::string message;

  void fields(auto& field) {
    field(1, ingested_ms);
    field(2, message);
  }
};

/// Says that a stream has events of one hour, so that a search looks only at streams that have some.
struct HourRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string stream_name;
  /// The messages of that hour, as AWS counts them (26 more for each).
  std::int64_t bytes = 0;

  void fields(auto& field) {
    field(1, stream_name);
    field(2, bytes);
  }
};

/// The place of an event in time. No two events of the store have the same; events of one millisecond are in
/// the order of their arrival.
struct Position {
  std::int64_t timestamp_ms = 0;
  std::uint64_t sequence = 0;

  /// The first place after this one.
  [[nodiscard]] Position next() const { return {timestamp_ms, sequence + 1}; }
  auto operator<=>(const Position&) const = default;
};

/// Places from `from` to before `to`.
struct Span {
  Position from;
  Position to;

  [[nodiscard]] bool empty() const { return to <= from; }
};

}  // namespace martlet::logs
