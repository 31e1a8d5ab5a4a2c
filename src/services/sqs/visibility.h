#pragma once

// What one deletion or change of a visibility timeout means, alone or in a batch.

#include <cstdint>
#include <optional>
#include <string>

#include "services/sqs/directory.h"
#include "services/sqs/receipt_handle.h"
#include "wire/context.h"

namespace martlet::sqs {

/// The SenderId of messages that this caller sends.
std::string sender_of(const wire::Context& context);

/// When a message becomes visible whose timeout is set to `seconds`. Throws InvalidParameterValue outside of
/// 0 to 43,200, and beyond 12 hours from its receiving.
TimePoint visible_at(const ReceiptHandle& handle, std::int64_t seconds, TimePoint now);

/// Throws InvalidParameterValue where the deletion did not count: FIFO queues do not take receipts that have
/// expired.
void check_deleted(const OpenQueue& queue, flow::Settled settled, const std::string& handle);
/// Throws InvalidParameterValue when the message is gone and MessageNotInflight when it is visible again.
void check_changed(flow::Settled settled, const std::string& handle);

}  // namespace martlet::sqs
