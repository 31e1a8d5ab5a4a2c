#pragma once

// What asynchronous invocations leave behind: the invocation record for a destination, and the message for a
// dead-letter queue, as the developer guide's "Capturing records of Lambda asynchronous invocations" has
// them. Pure.

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "services/lambda/async_event.h"
#include "targets/targets.h"

namespace martlet::lambda {

/// The JSON document. `function_arn` is qualified; `attempt` is null when there was none at all.
std::string invocation_record(const AsyncEvent& event, std::string_view function_arn,
                              std::string_view condition, const AsyncAttempt* attempt, TimePoint now);

/// RequestID, ErrorCode and ErrorMessage (its first KB).
std::map<std::string, targets::Attribute> dead_letter_attributes(const AsyncEvent& event,
                                                                 const AsyncAttempt* attempt,
                                                                 std::string_view condition);

}  // namespace martlet::lambda
