#pragma once

// Connections into a sandbox: a socket keeps the network in which it was made, so one from inside reaches the
// programs there, whoever connects it. Lives on the loop.

#include <cstdint>

#include "base/task.h"
#include "sandbox/descriptor.h"

namespace martlet::sandbox {

/// Connects an IPv4 stream socket to 127.0.0.1:port of its network; the caller owns the result. Throws
/// std::runtime_error when nobody listens there, or does not take the connection within a few seconds.
Task<int> connect_loopback(Descriptor socket, std::uint16_t port);

}  // namespace martlet::sandbox
