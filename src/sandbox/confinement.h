#pragma once

// What the first process does with a policy: furnish() gives the sandbox what it may have, confine() takes
// everything else away for good. Both throw std::runtime_error with what could not be done. Single-threaded,
// inside the sandbox.

#include <vector>

#include "sandbox/descriptor.h"
#include "sandbox/sandbox.h"
#include "sandbox/system_call_filter.h"

namespace martlet::sandbox {

/// Takes the policy's identity, mounts /tmp and the binds (`job` as FirstProcess describes it), sets the host
/// name. Returns the listening sockets.
std::vector<Descriptor> furnish(const Policy& policy, std::vector<Descriptor>& job);

/// Gives up every capability, now and for all programs to come, and applies the filter.
void confine(const SystemCallFilter& filter);

}  // namespace martlet::sandbox
