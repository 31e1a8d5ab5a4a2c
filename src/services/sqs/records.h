#pragma once

// What Amazon SQS stores. The keys are spelled in queues_store.cc, nowhere else; the messages' are those of
// flow/visibility_queue.h.

#include <cstdint>
#include <map>
#include <string>

namespace martlet::sqs {

/// (The numbers of a record's fields are never used again: see store/record.h.)
struct QueueRecord {
  static constexpr std::uint32_t kVersion = 1;

  /// Under this its messages are kept, so that a queue made anew under the same name starts empty.
  std::string id;
  std::string name;
  /// "aws"
  std::string partition;
  bool fifo = false;
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  /// When it was last purged; 0: never.
  std::int64_t purged_ms = 0;
  /// Only those that were set, as AWS writes them.
  std::map<std::string, std::string> attributes;
  std::map<std::string, std::string> tags;
  /// Receipt handles are made with it: 16 random bytes.
  std::string secret;

  void fields(auto& field) {
    field(1, id);
    field(2, name);
    field(3, partition);
    field(4, fifo);
    field(5, created_ms);
    field(6, modified_ms);
    field(7, purged_ms);
    field(8, attributes);
    field(9, tags);
    field(10, secret);
  }
};

/// Says when a queue of that name was deleted.
struct DeletionRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::int64_t deleted_ms = 0;

  void fields(auto& field) { field(1, deleted_ms); }
};

struct AttributeRecord {
  /// "String", "Number", "Binary" or one of these with a custom ending.
  std::string type;
  /// The text, or the bytes of a binary attribute.
  std::string value;

  void fields(auto& field) {
    field(1, type);
    field(2, value);
  }
  bool operator==(const AttributeRecord&) const = default;
};

/// What a message carries: the payload of the queue's engine.
struct MessageRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string id;
  std::string body;
  /// Lower-case hexadecimal.
  std::string md5_of_body;
  std::map<std::string, AttributeRecord> attributes;
  /// Empty without attributes.
  std::string md5_of_attributes;
  std::string sender_id;
  std::string deduplication_id;
  std::string trace_header;
  /// The queue whose dead-letter queue this is, when it was moved here.
  std::string dead_letter_source;

  void fields(auto& field) {
    field(1, id);
    field(2, body);
    field(3, md5_of_body);
    field(4, attributes);
    field(5, md5_of_attributes);
    field(6, sender_id);
    field(7, deduplication_id);
    field(8, trace_header);
    field(9, dead_letter_source);
  }
};

/// What a duplicate is answered with.
struct SentRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string message_id;
  std::uint64_t sequence = 0;

  void fields(auto& field) {
    field(1, message_id);
    field(2, sequence);
  }
};

enum class TaskStatus : std::uint8_t { kRunning = 0, kCompleted = 1, kCancelled = 2, kFailed = 3 };

/// A message move task: from a dead-letter queue to elsewhere.
struct MoveTaskRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string id;
  std::string source_arn;
  /// Empty: each message goes back to the queue it came from.
  std::string destination_arn;
  /// 0: as fast as it goes.
  std::int32_t most_per_second = 0;
  std::int64_t started_ms = 0;
  TaskStatus status = TaskStatus::kRunning;
  std::int64_t moved = 0;
  /// Messages that the source had at the start.
  std::int64_t to_move = 0;
  std::string failure;

  void fields(auto& field) {
    field(1, id);
    field(2, source_arn);
    field(3, destination_arn);
    field(4, most_per_second);
    field(5, started_ms);
    field(6, status);
    field(7, moved);
    field(8, to_move);
    field(9, failure);
  }
};

}  // namespace martlet::sqs
