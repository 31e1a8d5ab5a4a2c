#pragma once

// Starting the main program of a sandbox from its first process, which is confined by then.

#include <sys/types.h>

#include <cstdint>

#include "sandbox/descriptor.h"
#include "sandbox/sandbox.h"

namespace martlet::sandbox {

/// Forks and executes policy.command with standard input from /dev/null. `data_limit` bytes of private
/// writable memory per process are the limit where no cgroup sets one; 0 means none. Returns when the program
/// runs; throws std::runtime_error when it cannot be executed.
pid_t start_main_program(const Policy& policy, const Descriptor& standard_output,
                         const Descriptor& standard_error, std::uint64_t data_limit);

}  // namespace martlet::sandbox
