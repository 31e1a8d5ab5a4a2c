#pragma once

// The quotas of CloudWatch Logs, as its user guide ("CloudWatch Logs quotas") and API reference give them,
// and the bounds of our own work.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace martlet::logs {

/// The messages of one PutLogEvents call, each with kEventOverheadBytes added; also the events of one page of
/// an answer.
inline constexpr std::size_t kMaxBatchBytes = 1'048'576;
inline constexpr std::size_t kEventOverheadBytes = 26;
inline constexpr std::size_t kMaxEventBytes = 1'048'576;
/// Events of one page, unless the caller asks for fewer.
inline constexpr std::size_t kMaxEventsPerPage = 10'000;
inline constexpr std::chrono::hours kMaxBatchSpan{24};
inline constexpr std::chrono::hours kMaxEventAge{14 * 24};
inline constexpr std::chrono::hours kMaxEventLead{2};

/// Groups or streams of one page.
inline constexpr std::size_t kMaxDescribed = 50;
inline constexpr std::size_t kMaxTags = 50;

/// The values that PutRetentionPolicy accepts.
inline constexpr std::array<std::int32_t, 22> kRetentionDays = {
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

/// Events that one FilterLogEvents call looks at before it answers with what it has and a token, so that a
/// search without matches does not hold up the loop. (AWS, too, may answer with an empty page and a token.)
inline constexpr std::size_t kMaxExaminedEvents = 10'000;

}  // namespace martlet::logs
