#pragma once

// `martlet policy suggest FUNCTION`: asks a running server which policy a function needs.

#include <string>

#include "base/task.h"

namespace martlet::server {

/// Prints the least policy that covers what the function was seen to do, and on stderr what there is to say
/// of it. `function`: a name, or an ARN. `endpoint` is "http://address:port". Returns the exit code. Throws
/// net::ClientError when nobody answers there.
Task<int> suggest_policy(Executor executor, std::string endpoint, std::string function);

}  // namespace martlet::server
