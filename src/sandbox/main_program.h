#pragma once

// Starting programs of a sandbox, the main one and those beside it, from its first process.

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "sandbox/descriptor.h"
#include "sandbox/sandbox.h"
#include "sandbox/system_call_filter.h"

namespace martlet::sandbox {

struct ProgramLimits {
  std::uint32_t max_processes = 0;
  std::uint32_t max_open_files = 0;
  /// Private writable memory per process, where no cgroup sets a limit; 0 means none.
  std::uint64_t data_bytes = 0;
};

/// A program that has been forked and may not run yet.
struct StartingProgram {
  pid_t pid = -1;
  /// Readable when it runs or has failed.
  Descriptor outcome;
};

/// Forks and executes the program with standard input from /dev/null. With a filter it is confined first;
/// without one the caller must be, which the program inherits. Throws std::runtime_error when it cannot fork.
/// How long it takes until it runs can lie with other programs of the sandbox, which may stop it.
StartingProgram start_program(const Program& program, const ProgramLimits& limits,
                              const Descriptor& standard_output, const Descriptor& standard_error,
                              const SystemCallFilter* filter);

/// Waits for the outcome: why the program could not be executed, or nothing when it runs.
std::string start_failure(const StartingProgram& program);

}  // namespace martlet::sandbox
