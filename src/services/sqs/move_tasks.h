#pragma once

// Handles of message move tasks, as others than their operations read them. Values only.

#include <string>

#include "services/sqs/queue_url.h"

namespace martlet::sqs {

/// The queue that the task takes messages from. Throws InvalidParameterValue when the text is no handle.
QueueName source_of_task(const std::string& handle);

}  // namespace martlet::sqs
