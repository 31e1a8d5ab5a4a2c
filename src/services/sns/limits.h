#pragma once

// Quotas of Amazon SNS, as its documentation states them.

#include <chrono>
#include <cstddef>

namespace martlet::sns {

/// Of a message, its subject and its attributes together; of a batch as well.
inline constexpr std::size_t kMaxMessageBytes = 262'144;
inline constexpr std::size_t kMaxBatchEntries = 10;
inline constexpr std::size_t kMaxBatchIdLength = 80;
inline constexpr std::size_t kMaxSubjectLength = 100;
inline constexpr std::size_t kMaxTopicNameLength = 256;
inline constexpr std::size_t kMaxDisplayNameLength = 100;
inline constexpr std::size_t kMaxAttributeNameLength = 256;
inline constexpr std::size_t kMaxGroupIdLength = 128;
inline constexpr std::size_t kMaxTags = 50;
inline constexpr std::size_t kMaxPolicyBytes = 30'720;
inline constexpr std::size_t kMaxPolicyStatements = 100;
inline constexpr std::size_t kMaxLabelLength = 80;

/// Message attributes that a raw delivery to a queue can carry.
inline constexpr std::size_t kMaxRawAttributes = 10;

/// Of a filter policy.
inline constexpr std::size_t kMaxFilterKeys = 5;
inline constexpr std::size_t kMaxFilterCombinations = 150;
inline constexpr std::size_t kMaxFilterPolicyBytes = 262'144;
/// Filter policies of a topic.
inline constexpr std::size_t kMaxFilterPolicies = 200;

/// Results on a page of a listing.
inline constexpr std::size_t kPageSize = 100;

/// How long the token of a confirmation is good; a subscription that is not confirmed by then is gone.
inline constexpr std::chrono::days kConfirmationLifetime{3};

/// Within this window a FIFO topic takes a message only once.
inline constexpr std::chrono::minutes kDeduplicationWindow{5};

/// An HTTP endpoint answers within this time (elapsed).
inline constexpr std::chrono::seconds kHttpTimeout{15};

/// Messages kept in the local outbox of email and text messages.
inline constexpr std::size_t kMaxOutboxMessages = 1'000;

}  // namespace martlet::sns
