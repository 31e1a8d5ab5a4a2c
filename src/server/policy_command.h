#pragma once

// `martlet policy suggest FUNCTION`: asks a running server which policy a function needs.

#include <string>

namespace martlet::server {

/// Prints the least policy that covers what the function was seen to do; `endpoint` is "http://address:port".
/// Returns the exit code.
int suggest_policy(const std::string& endpoint, const std::string& function);

}  // namespace martlet::server
