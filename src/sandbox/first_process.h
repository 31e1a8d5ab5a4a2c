#pragma once

// The first process of a sandbox (number 1 in its process namespace). It prepares what is the same for every
// sandbox, waits for a Job, confines itself for good, starts the main program, adopts and reaps orphans, and
// ends with the main program; its end kills whatever is left inside. It stays a fork of the warden and never
// runs another program, so that it costs a few private pages. Runs with the new namespaces' rights only, and
// with none after it has confined itself.

#include <sys/types.h>

#include <vector>

#include "sandbox/descriptor.h"
#include "sandbox/system_call_filter.h"

namespace martlet::sandbox {

/// What the warden has made ready for a new first process.
struct FirstProcess {
  /// To the warden: Reports out, one Job in.
  Descriptor socket;
  /// An unattached copy of the system root.
  Descriptor root;
  /// Cgroups to enter by writing "0".
  std::vector<Descriptor> cgroups;
  const SystemCallFilter* filter = nullptr;
  /// Whether a cgroup limits the sandbox's memory. Where none does, each process gets a limit of its own.
  bool memory_is_limited = false;
};

/// A Job is an encoded Policy with these descriptors: standard output, standard error, then one mount per
/// bind.
inline constexpr std::size_t kJobBinds = 2;

/// Runs in the child of clone_process and does not return. A kStarted report carries the listening sockets.
[[noreturn]] void run_first_process(FirstProcess start);

}  // namespace martlet::sandbox
