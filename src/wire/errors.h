#pragma once

// Errors as answers: an aws::Error in the words and places of each protocol.

#include <string_view>

#include "base/error.h"
#include "wire/message.h"
#include "wire/service.h"

namespace martlet::wire {

/// The answer that tells `error`. `service` may be null where the service is not known; `protocol` is what
/// the caller speaks. Status and Query code come from the model when the service has an error of that name or
/// code. Members of the error reach the wire by the model: texts and numbers as they are, lists and
/// structures as JSON. Never throws aws::Error.
Answer encode_error(Protocol protocol, const ServiceModel* service, const aws::Error& error,
                    std::string_view request_id);

/// The header in which the protocol's clients look for the request id; empty where it travels in the body.
void set_request_id(Protocol protocol, std::string_view request_id, Answer& answer);

}  // namespace martlet::wire
