#pragma once

// Quotas of Amazon SQS, and the bounds of its parameters.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace martlet::sqs {

/// The suffix ".fifo" counts.
inline constexpr std::size_t kMaxQueueName = 80;
/// Body and attributes together, in bytes; of a batch as a whole, too.
inline constexpr std::size_t kMaxMessageBytes = 1'048'576;
inline constexpr std::int64_t kMinMaximumMessageSize = 1'024;

inline constexpr std::int64_t kMaxDelaySeconds = 900;
inline constexpr std::int64_t kMaxVisibilitySeconds = 43'200;
inline constexpr std::int64_t kMaxWaitSeconds = 20;
inline constexpr std::int64_t kMinRetentionSeconds = 60;
inline constexpr std::int64_t kMaxRetentionSeconds = 1'209'600;

inline constexpr std::size_t kMaxBatchEntries = 10;
inline constexpr std::size_t kMaxBatchId = 80;
inline constexpr std::int32_t kMaxReceived = 10;
/// Messages that are in flight at a time, of one queue.
inline constexpr std::size_t kMaxInFlight = 120'000;

inline constexpr std::size_t kMaxMessageAttributes = 10;
/// Of names and of types.
inline constexpr std::size_t kMaxAttributeName = 256;
inline constexpr std::size_t kMaxNumberDigits = 38;
inline constexpr double kLargestNumber = 1e126;
inline constexpr double kSmallestNumber = 1e-128;
/// Of message group ids, deduplication ids and receive request attempt ids.
inline constexpr std::size_t kMaxIdLength = 128;

inline constexpr std::chrono::minutes kDeduplicationWindow{5};
inline constexpr std::chrono::minutes kAttemptWindow{5};
inline constexpr std::chrono::seconds kPurgeInterval{60};
/// How long the name of a deleted queue cannot be used.
inline constexpr std::chrono::seconds kNameQuarantine{60};

inline constexpr std::int64_t kMaxReceiveCount = 1'000;
/// Queues that a RedriveAllowPolicy names.
inline constexpr std::size_t kMaxRedriveSources = 10;

inline constexpr std::size_t kMaxTags = 50;
inline constexpr std::size_t kMaxTagKey = 128;
inline constexpr std::size_t kMaxTagValue = 256;

inline constexpr std::size_t kMaxPolicyBytes = 8'192;
inline constexpr std::size_t kMaxPermissionLabel = 80;
inline constexpr std::size_t kMaxPermissionActions = 7;

inline constexpr std::int32_t kMaxListedQueues = 1'000;
inline constexpr std::int32_t kMaxListedTasks = 10;
inline constexpr std::int32_t kMaxMovesPerSecond = 500;
/// Move tasks that are under way at a time, of one account in a region.
inline constexpr std::size_t kMaxActiveTasks = 100;
inline constexpr std::chrono::hours kMaxTaskDuration{36};

}  // namespace martlet::sqs
