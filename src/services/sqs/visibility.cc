#include "services/sqs/visibility.h"

#include <fmt/format.h>

#include "services/sqs/errors.h"
#include "services/sqs/limits.h"

namespace martlet::sqs {

std::string sender_of(const wire::Context& context) {
  return context.caller.user_id.empty() ? context.account : context.caller.user_id;
}

TimePoint visible_at(const ReceiptHandle& handle, std::int64_t seconds, TimePoint now) {
  if (seconds < 0 || seconds > kMaxVisibilitySeconds)
    throw invalid_parameter("VisibilityTimeout", std::to_string(seconds),
                            fmt::format("Must be between 0 and {}.", kMaxVisibilitySeconds));
  // Whole seconds, so that the most can be set just after a message was received.
  const auto held = std::chrono::floor<std::chrono::seconds>(now - from_epoch_ms(handle.received_ms));
  if (held.count() + seconds > kMaxVisibilitySeconds)
    throw invalid_parameter(
        "VisibilityTimeout", std::to_string(seconds),
        fmt::format("Total VisibilityTimeout for the message is beyond the limit [{} seconds]",
                    kMaxVisibilitySeconds));
  return now + std::chrono::seconds(seconds);
}

void check_deleted(const OpenQueue& queue, flow::Settled settled, const std::string& handle) {
  if (settled == flow::Settled::kExpired && queue.fifo())
    throw invalid_parameter("ReceiptHandle", handle, "The receipt handle has expired.");
}

void check_changed(flow::Settled settled, const std::string& handle) {
  if (settled == flow::Settled::kExpired) throw message_not_in_flight();
  if (settled == flow::Settled::kGone)
    throw invalid_parameter("ReceiptHandle", handle,
                            "Message does not exist or is not available for visibility timeout change.");
}

}  // namespace martlet::sqs
