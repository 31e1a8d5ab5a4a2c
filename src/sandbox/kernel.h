#pragma once

// Thin wrappers of the newer system calls for processes and mounts. Errors are exceptions that say what was
// tried. Needs Linux 5.12.

#include <sched.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "sandbox/descriptor.h"

namespace martlet::sandbox {

/// A mount that is not attached anywhere: a copy of what is at `path` (absolute, or relative to `directory`).
enum class Depth { kThisMount, kWithSubmounts };
Descriptor copy_mount(int directory, const std::string& path, Depth depth);

/// Makes a mount read-only, nosuid and nodev, submounts included.
void restrict_mount(const Descriptor& mount);

/// A new, unattached file system of this type; options are name=value pairs, attributes MOUNT_ATTR_* bits.
struct MountOption {
  const char* name;
  std::string value;
};
Descriptor new_mount(const char* type, std::initializer_list<MountOption> options, unsigned attributes);

/// Changes options of the file system mounted at `path`.
void change_mount(const std::string& path, std::initializer_list<MountOption> options);

/// Attaches an unattached mount at `path`.
void attach_mount(const Descriptor& mount, int directory, const std::string& path);

/// Makes an unattached mount the root of this mount namespace. `prepare` is called when it lies on the old
/// root, which is let go afterwards.
void change_root(const Descriptor& mount, const std::function<void()>& prepare = {});

/// clone3 without a shared address space: 0 in the child. `cgroup` is a descriptor of a v2 cgroup, or -1.
pid_t clone_process(std::uint64_t namespaces, int cgroup, Descriptor& pidfd);

/// Sends SIGKILL; a process that has ended is no error.
void kill_process(const Descriptor& pidfd);

/// What waitid says about an ended child.
struct ExitState {
  bool signalled = false;
  int value = 0;  ///< exit code or signal
  std::uint64_t peak_memory_bytes =
      0;  ///< largest resident size of one process among it and its waited-for children
};
ExitState reap(const Descriptor& pidfd);

/// Start time of a living process in clock ticks since boot; 0 when there is none, or only its zombie.
std::uint64_t process_start_time(pid_t pid);

/// Brings the loopback interface of the current network namespace up.
void bring_loopback_up();

}  // namespace martlet::sandbox
