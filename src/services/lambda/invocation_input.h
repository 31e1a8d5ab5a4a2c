#pragma once

// What the operations that invoke a function take from their requests in the same way.

#include <optional>
#include <string>

namespace martlet::lambda {

/// The event: "{}" where the request has none. Throws InvalidRequestContentException for what is not JSON.
std::string payload_of(std::optional<std::string>& payload);

/// The client context as JSON; empty where there is none. Throws InvalidRequestContentException.
std::string client_context_of(const std::optional<std::string>& encoded);

/// Throws InvalidParameterValueException unless an event for a function with tenant isolation (`per_tenant`)
/// names its tenant, and one for any other function names none.
void check_tenant(bool per_tenant, const std::string& tenant_id);

}  // namespace martlet::lambda
