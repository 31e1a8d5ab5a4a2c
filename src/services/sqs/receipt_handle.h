#pragma once

// Receipt handles: what ReceiveMessage gives for deleting a message. To callers they are opaque text that
// cannot be guessed; one that was made for another queue is not valid here. Values only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flow/visibility_queue.h"

namespace martlet::sqs {

struct ReceiptHandle {
  flow::Receipt receipt;
  /// When the message was received: its visibility timeout ends at most 12 hours later.
  std::int64_t received_ms = 0;
};

/// `secret` is the queue's own.
std::string write_receipt_handle(const ReceiptHandle& handle, const std::string& secret);
/// nullopt for what write_receipt_handle() did not make with this secret.
std::optional<ReceiptHandle> read_receipt_handle(std::string_view text, const std::string& secret);

}  // namespace martlet::sqs
