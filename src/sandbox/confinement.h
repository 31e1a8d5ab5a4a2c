#pragma once

// What the first process does with a policy: furnish() gives the sandbox what it may have, confine() takes
// everything else away for good. All throw std::runtime_error with what could not be done. Single-threaded,
// inside the sandbox.

#include <vector>

#include "sandbox/descriptor.h"
#include "sandbox/sandbox.h"
#include "sandbox/system_call_filter.h"

namespace martlet::sandbox {

/// Takes the policy's identity, mounts /tmp and the binds (one mount each), sets the host name. Returns the
/// listening sockets.
std::vector<Descriptor> furnish(const Policy& policy, const std::vector<Descriptor>& mounts);

/// Mounts the binds of an unfinished sandbox.
void attach_binds(const std::vector<Bind>& binds, const std::vector<Descriptor>& mounts);

/// Mounts a /tmp in memory.
void mount_tmp(const Policy& policy);

/// Mounts a /tmp over the one there is.
void replace_tmp(const Descriptor& disk);

/// Gives a /tmp in memory another size.
void resize_tmp(std::uint64_t bytes);

/// Keeps programs inside from looking into the calling process, which started as a copy of the warden.
void shield();

/// Gives up every capability, now and for all programs to come, and applies the filter.
void confine(const SystemCallFilter& filter);

}  // namespace martlet::sandbox
