#pragma once

// What the warden can learn and do about processes through /proc, where cgroups do not tell.

#include <sys/types.h>

#include <vector>

#include "sandbox/sandbox.h"

namespace martlet::sandbox {

/// Memory and CPU time of a process and all its descendants, added up. Shared pages count in each process.
Usage process_tree_usage(pid_t root);

/// Closes every descriptor from 3 on except these.
void close_all_but(std::vector<int> keep);

/// Shows `title` in ps instead of the command line that this process was started with.
void set_process_title(const char* title);

}  // namespace martlet::sandbox
