#pragma once

// `martlet policy suggest FUNCTION`: asks a running server which policy a function needs.

#include <string>

#include "base/task.h"

namespace martlet::server {

/// Prints the least policy that covers what the function was seen to do; `endpoint` is "http://address:port".
/// Returns the exit code. Throws net::ClientError when nobody answers there.
Task<int> suggest_policy(Executor executor, std::string endpoint, std::string function);

}  // namespace martlet::server
