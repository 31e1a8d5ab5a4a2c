#pragma once

// Attributes of queues: which there are, what they may be, and what holds where none was set. Values only.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/sqs/records.h"
#include "services/sqs/redrive.h"

namespace martlet::sqs {

using AttributeMap = std::map<std::string, std::string>;

/// What a queue's attributes come to: read once when they change, used by every request.
struct QueueSettings {
  std::int64_t delay_seconds = 0;
  std::int64_t maximum_message_size = 0;
  std::int64_t retention_seconds = 0;
  std::int64_t wait_seconds = 0;
  std::int64_t visibility_seconds = 0;
  // FIFO queues only:
  bool content_based_deduplication = false;
  /// Deduplication ids are told apart within their message group; otherwise within the queue.
  bool deduplicates_by_group = false;
  std::optional<RedrivePolicy> redrive;
  RedriveAllowPolicy redrive_allow;
};

QueueSettings settings_of(const QueueRecord& queue);

/// Sets `changes` in `attributes`, which keeps only what was set; empty texts remove a policy or key. Throws
/// InvalidAttributeName (unknown, read-only, of FIFO queues only), InvalidAttributeValue and, for redrive
/// policies, InvalidParameterValue.
void apply_attributes(AttributeMap& attributes, const AttributeMap& changes, bool fifo);

/// The value that holds, set or not; nullopt where the queue has none. `name` is one that can be set.
std::optional<std::string> value_of(const QueueRecord& queue, std::string_view name);

/// Whether both mean the same: JSON is compared by its content.
bool same_value(const std::string& a, const std::string& b);

/// Names that GetQueueAttributes takes, "All" excluded.
bool is_readable(std::string_view name);
/// Those that can be set.
const std::vector<std::string_view>& settable_attributes();

}  // namespace martlet::sqs
