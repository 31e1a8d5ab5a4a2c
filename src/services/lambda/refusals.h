#pragma once

// Invocations that the service itself refuses, because no environment ran them: what the fleet says of them
// as errors of the API.

#include <string>

#include "environments/environments.h"

namespace martlet::lambda {

/// Throws what AWS answers for an outcome that is not the function's own; returns for all others.
void throw_refusal(const environments::Outcome& outcome);

/// The member errorMessage of an error document; the whole of what is none.
std::string error_message_of(const std::string& document);

}  // namespace martlet::lambda
