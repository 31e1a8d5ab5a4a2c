#pragma once

// Control groups: memory and CPU limits, process counts, freezing, and what was used. One interface over
// version 1, version 2, and nothing at all (a user without delegated cgroups), so that the rest of the warden
// does not ask. Owned by the warden, one Cgroup per sandbox. All calls are short file operations.

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/descriptor.h"
#include "sandbox/sandbox.h"

namespace martlet::sandbox {

class Cgroup {
 public:
  virtual ~Cgroup() = default;

  /// A descriptor to clone a process into (version 2), or -1.
  [[nodiscard]] virtual int clone_target() const { return -1; }
  /// Files into which a process writes "0" to enter (version 1). Opened with the warden's rights.
  [[nodiscard]] virtual std::vector<Descriptor> entrances() const { return {}; }

  /// Sets the limits of a policy; throws when the kernel refuses.
  virtual void limit(const Policy& policy) = 0;
  /// Changes the memory limit; throws when more is in use.
  virtual void set_memory(std::uint64_t bytes) = 0;
  virtual void set_cpus(double cpus) = 0;
  virtual void freeze() = 0;
  virtual void thaw() = 0;
  virtual void reset_peak() = 0;
  [[nodiscard]] virtual Usage usage() const = 0;
  /// How many processes the kernel killed at the memory limit.
  [[nodiscard]] virtual std::uint64_t out_of_memory_kills() const = 0;
  /// False while something is still in it.
  virtual bool remove() = 0;
};

class Cgroups {
 public:
  virtual ~Cgroups() = default;
  /// Fills in the cgroup part.
  virtual void describe(Capabilities& capabilities) const = 0;
  /// A new cgroup; `name` is unique in this warden. `init` names the sandbox's first process once there is
  /// one.
  virtual std::unique_ptr<Cgroup> make(const std::string& name) = 0;
};

/// What this host offers to this process, after removing what dead wardens have left. Never throws for lack
/// of rights.
std::unique_ptr<Cgroups> open_cgroups();

/// A cgroup that limits nothing.
std::unique_ptr<Cgroup> no_cgroup();

/// The two versions; nullptr where they cannot be used.
std::unique_ptr<Cgroups> open_cgroups_v1();
std::unique_ptr<Cgroups> open_cgroups_v2();

/// The name of the directory under which the running warden keeps its cgroups. It tells a later warden whose
/// it is.
std::string warden_directory_name();

/// Whether this is the name of a warden of this process namespace that is no longer there.
bool is_dead_warden(const std::string& name);

/// Makes <parent>/<warden_directory_name()> and gives its path; "" when it cannot be made.
std::string make_warden_directory(const std::string& parent);

/// Thaws and kills what is in the cgroups of dead wardens below `parents` (".../martlet", one per hierarchy)
/// and removes them.
void sweep_dead_wardens(const std::vector<std::string>& parents);

/// A line of /proc/self/mountinfo that is a cgroup hierarchy.
struct CgroupMount {
  std::string root;
  std::string path;
  std::string options;  ///< "rw,memory"
  bool version_2 = false;
};
std::vector<CgroupMount> cgroup_mounts();

/// The number in a file, and 0 when there is none.
std::uint64_t read_number(const std::string& path);
/// The number after `key` in a file of "key number" lines; 0 when there is none.
std::uint64_t read_keyed(const std::string& path, const std::string& key);

/// What a share of the processors is to the kernel: `quota` microseconds of every `period` microseconds.
struct CpuLimit {
  std::int64_t quota = 0;
  std::int64_t period = 0;
};
/// Short periods, so that a small share means short pauses, and work that takes few of them still takes time
/// in proportion; as long as they must be for the least quota that the kernel accepts.
CpuLimit cpu_limit(double cpus);

}  // namespace martlet::sandbox
