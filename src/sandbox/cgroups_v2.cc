// Control groups version 2: one tree. A warden that is root keeps its sandboxes in <mount>/martlet/<warden>;
// one that is not, or that finds the top of the tree occupied (a container), uses the cgroup it runs in,
// which systemd delegates.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/strings.h"
#include "sandbox/cgroups.h"

namespace martlet::sandbox {

namespace {

constexpr std::array kControllers = {"memory", "cpu", "pids"};

bool has_controller(const std::string& directory, const char* file, std::string_view controller) {
  try {
    std::string text = read_file(directory + file);
    std::ranges::replace(text, '\n', ' ');
    const auto names = split(text, ' ');
    return std::ranges::find(names, controller) != names.end();
  } catch (const std::exception&) {
    return false;
  }
}

/// Passes the controllers on to the children of `directory`. False when a controller that is there cannot be.
bool delegate_controllers(const std::string& directory) {
  bool all = true;
  for (const char* controller : kControllers) {
    if (has_controller(directory, "/cgroup.controllers", controller) &&
        !has_controller(directory, "/cgroup.subtree_control", controller))
      all = try_write_file(directory + "/cgroup.subtree_control", std::string("+") + controller) && all;
  }
  return all;
}

class CgroupV2 : public Cgroup {
 public:
  explicit CgroupV2(std::string path) : path_(std::move(path)) {
    checked(::mkdir(path_.c_str(), 0755), "cannot make the cgroup " + path_);
    directory_ = Descriptor(
        checked(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cannot open " + path_));
    // Resetting the peak works per open file, so that one stays open. Read-only on kernels before 6.12.
    peak_ = Descriptor(::open((path_ + "/memory.peak").c_str(), O_RDWR | O_CLOEXEC));
    if (!peak_) peak_ = Descriptor(::open((path_ + "/memory.peak").c_str(), O_RDONLY | O_CLOEXEC));
  }
  ~CgroupV2() override { remove(); }

  int clone_target() const override { return directory_.get(); }

  void limit(const Policy& policy) override {
    set_memory(policy.memory_bytes);
    reset_peak();
    if (has("pids.max")) write_file(path_ + "/pids.max", std::to_string(policy.max_processes + 1));
    set_cpus(policy.cpus);
  }

  void set_memory(std::uint64_t bytes) override {
    if (!has("memory.max")) return;
    write_file(path_ + "/memory.max", std::to_string(bytes));
    try_write_file(path_ + "/memory.swap.max", "0");
  }

  void set_cpus(double cpus) override {
    if (!has("cpu.max")) return;
    if (cpus <= 0) return write_file(path_ + "/cpu.max", "max");
    const CpuLimit limit = cpu_limit(cpus);
    write_file(path_ + "/cpu.max", std::to_string(limit.quota) + ' ' + std::to_string(limit.period));
  }

  void freeze() override { try_write_file(path_ + "/cgroup.freeze", "1"); }
  void thaw() override { try_write_file(path_ + "/cgroup.freeze", "0"); }

  void reset_peak() override {
    if (peak_) (void)!::pwrite(peak_.get(), "reset", 5, 0);
  }

  Usage usage() const override {
    Usage usage;
    usage.memory_bytes = read_number(path_ + "/memory.current");
    std::array<char, 32> text{};
    if (peak_ && ::pread(peak_.get(), text.data(), text.size() - 1, 0) > 0)
      usage.peak_memory_bytes = std::strtoull(text.data(), nullptr, 10);
    usage.cpu_time = std::chrono::microseconds(read_keyed(path_ + "/cpu.stat", "usage_usec"));
    return usage;
  }

  std::uint64_t out_of_memory_kills() const override {
    return read_keyed(path_ + "/memory.events", "oom_kill");
  }

  bool remove() override { return ::rmdir(path_.c_str()) == 0 || errno == ENOENT; }

 private:
  bool has(const char* file) const { return ::access((path_ + '/' + file).c_str(), W_OK) == 0; }

  std::string path_;
  Descriptor directory_;
  Descriptor peak_;
};

class CgroupsV2 : public Cgroups {
 public:
  explicit CgroupsV2(std::string parent) : parent_(std::move(parent)) {}
  ~CgroupsV2() override {
    ::rmdir(parent_.c_str());
    ::rmdir(parent_.substr(0, parent_.rfind('/')).c_str());
  }

  void describe(Capabilities& capabilities) const override {
    capabilities.cgroup = Capabilities::Cgroup::kV2;
    capabilities.memory_limit = has_controller(parent_, "/cgroup.subtree_control", "memory");
    capabilities.cpu_limit = has_controller(parent_, "/cgroup.subtree_control", "cpu");
    capabilities.freezer = true;
  }

  std::unique_ptr<Cgroup> make(const std::string& name) override {
    return std::make_unique<CgroupV2>(parent_ + '/' + name);
  }

 private:
  std::string parent_;
};

/// The directory of the cgroup this process is in.
std::string own_cgroup(const CgroupMount& mount) {
  const std::string text = "\n" + read_file("/proc/self/cgroup");
  const auto at = text.find("\n0::/");
  if (at == std::string::npos) return {};
  std::string path = text.substr(at + 4, text.find('\n', at + 1) - at - 4);
  if (mount.root != "/" && path.starts_with(mount.root)) path = path.substr(mount.root.size());
  return path == "/" ? mount.path : mount.path + path;
}

/// A cgroup that passes controllers on may not hold processes: the server and its warden move into a leaf.
void move_into_leaf(const std::string& directory) {
  const std::string leaf = directory + "/martlet-server";
  ::mkdir(leaf.c_str(), 0755);
  try_write_file(leaf + "/cgroup.procs", std::to_string(::getppid()));
  try_write_file(leaf + "/cgroup.procs", std::to_string(::getpid()));
}

/// Makes <base>/martlet/<warden> with as many controllers as can be had; "" when not even that can be made.
std::string prepare(const std::string& base) {
  const std::string shared = base + "/martlet";
  sweep_dead_wardens({shared});
  const std::string own = make_warden_directory(shared);
  if (own.empty()) return {};
  delegate_controllers(shared);
  delegate_controllers(own);
  return own;
}

}  // namespace

std::unique_ptr<Cgroups> open_cgroups_v2() {
  for (const auto& mount : cgroup_mounts()) {
    if (!mount.version_2) continue;
    std::string base = mount.path;
    if (::access((base + "/cgroup.subtree_control").c_str(), W_OK) != 0 || !delegate_controllers(base)) {
      base = own_cgroup(mount);
      if (base.empty() || ::access((base + "/cgroup.subtree_control").c_str(), W_OK) != 0) continue;
      if (!delegate_controllers(base)) {
        move_into_leaf(base);
        delegate_controllers(base);
      }
    }
    if (auto parent = prepare(base); !parent.empty()) return std::make_unique<CgroupsV2>(std::move(parent));
  }
  return nullptr;
}

}  // namespace martlet::sandbox
