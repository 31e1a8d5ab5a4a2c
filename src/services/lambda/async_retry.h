#pragma once

// When an asynchronous invocation is tried again, and when it is given up, as the developer guide's page
// "How Lambda handles errors and retries with asynchronous invocation" says. Pure.

#include <chrono>
#include <string>

#include "base/clock.h"
#include "services/lambda/async_event.h"

namespace martlet::lambda {

inline constexpr int kDefaultRetryAttempts = 2;
inline constexpr std::chrono::seconds kDefaultMaximumEventAge = std::chrono::hours(6);

/// Condition of an event that was given up because of a recursive loop.
inline constexpr const char* kRecursiveInvocation = "RecursiveInvocation";

/// The function's settings for asynchronous invocations, defaults filled in.
struct AsyncSettings {
  int maximum_retry_attempts = kDefaultRetryAttempts;
  std::chrono::seconds maximum_event_age = kDefaultMaximumEventAge;
  /// ARNs; empty: none.
  std::string on_success = {};
  std::string on_failure = {};
  std::string dead_letter_target = {};
  /// As which deliveries are made.
  std::string role_arn = {};
  /// Reserved concurrency is 0: events are given up without an attempt.
  bool is_switched_off = false;
  /// The event has come around too often: it is given up without an attempt.
  bool is_loop = false;
};

struct AsyncDecision {
  enum class Kind { kSucceeded, kRetry, kFailed, kDropped };
  Kind kind = Kind::kSucceeded;
  /// With kRetry.
  TimePoint at = {};
  /// With kSucceeded and kFailed: requestContext.condition of the invocation record.
  std::string condition = {};
};

/// Before an attempt: kFailed when there must not be one any more; otherwise kRetry, at once.
AsyncDecision before_attempt(const AsyncEvent& event, const AsyncSettings& settings, TimePoint now);

/// After an attempt that `event` counts already (attempts, failures).
AsyncDecision after_attempt(const AsyncEvent& event, const AsyncAttempt& attempt,
                            const AsyncSettings& settings, TimePoint now);

}  // namespace martlet::lambda
