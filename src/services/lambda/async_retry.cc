#include "services/lambda/async_retry.h"

#include <algorithm>

namespace martlet::lambda {

namespace {

using Kind = AsyncDecision::Kind;

constexpr std::chrono::seconds kFirstBackoff{1};
constexpr std::chrono::seconds kLongestBackoff{300};

TimePoint expiry_of(const AsyncEvent& event, const AsyncSettings& settings) {
  return from_epoch_ms(event.accepted_ms) + settings.maximum_event_age;
}

/// One minute before the second attempt, two before the third.
std::chrono::seconds wait_after_failure(std::uint32_t failures) {
  return failures == 1 ? std::chrono::minutes(1) : std::chrono::minutes(2);
}

std::chrono::seconds backoff(std::uint32_t tries) {
  constexpr std::uint32_t kDoublings = 9;  // beyond it, the longest has long been reached
  return std::min(kLongestBackoff, kFirstBackoff * (1 << std::min(tries == 0 ? 0 : tries - 1, kDoublings)));
}

/// Not after its end, at which it is given up.
AsyncDecision retry(TimePoint at, const AsyncEvent& event, const AsyncSettings& settings) {
  return {.kind = Kind::kRetry, .at = std::min(at, expiry_of(event, settings))};
}

}  // namespace

AsyncDecision before_attempt(const AsyncEvent& event, const AsyncSettings& settings, TimePoint now) {
  if (now >= expiry_of(event, settings)) return {.kind = Kind::kFailed, .condition = "EventAgeExceeded"};
  if (settings.is_switched_off) return {.kind = Kind::kFailed, .condition = "ZeroReservedConcurrency"};
  if (settings.is_loop) return {.kind = Kind::kFailed, .condition = kRecursiveInvocation};
  return {.kind = Kind::kRetry, .at = now};
}

AsyncDecision after_attempt(const AsyncEvent& event, const AsyncAttempt& attempt,
                            const AsyncSettings& settings, TimePoint now) {
  switch (attempt.kind) {
    case AsyncAttempt::Kind::kSuccess:
      return {.kind = Kind::kSucceeded, .condition = "Success"};
    case AsyncAttempt::Kind::kGone:
      return {.kind = Kind::kDropped};
    case AsyncAttempt::Kind::kNotNow:
      return retry(now + backoff(event.attempts - event.failures), event, settings);
    case AsyncAttempt::Kind::kFunctionError:
      break;
  }
  if (event.failures > static_cast<std::uint32_t>(settings.maximum_retry_attempts))
    return {.kind = Kind::kFailed, .condition = "RetriesExhausted"};
  return retry(now + wait_after_failure(event.failures), event, settings);
}

}  // namespace martlet::lambda
