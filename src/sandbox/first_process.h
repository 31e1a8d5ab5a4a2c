#pragma once

// The first process of a sandbox (number 1 in its process namespace). It prepares what is the same for every
// sandbox, then does what the warden orders (InitLoop), and ends with the main program; its end kills
// whatever is left inside. It stays a fork of the warden and never runs another program, so that it costs a
// few private pages. Runs with the new namespaces' rights only, and with none after it has confined itself.

#include <sys/types.h>

#include <vector>

#include "sandbox/descriptor.h"
#include "sandbox/system_call_filter.h"

namespace martlet::sandbox {

/// What the warden has made ready for a new first process.
struct FirstProcess {
  /// To the warden: Reports out, Orders in.
  Descriptor socket;
  /// An unattached copy of the system root.
  Descriptor root;
  /// Cgroups to enter by writing "0".
  std::vector<Descriptor> cgroups;
  const SystemCallFilter* filter = nullptr;
  /// Whether a cgroup limits the sandbox's memory. Where none does, each process gets a limit of its own.
  bool memory_is_limited = false;
};

/// Descriptors of a kPolicy order: standard output, standard error, a mount of Policy::root if there is one,
/// then one mount per bind, then /tmp if that is on a disk. kFinish has one mount per bind, then another /tmp
/// if there is one; kRun standard output and standard error, except that of the main program, which has those
/// of the policy.
inline constexpr std::size_t kPolicyStreams = 2;

/// Runs in the child of clone_process and does not return. A kStarted report carries the listening sockets.
[[noreturn]] void run_first_process(FirstProcess start);

/// Ties the calling first process to the warden's life. Has to be said again after every change of identity,
/// which makes the kernel forget it.
void die_with_warden();

}  // namespace martlet::sandbox
