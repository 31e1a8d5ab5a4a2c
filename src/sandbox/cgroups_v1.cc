// Control groups version 1: one directory per controller,
// /sys/fs/cgroup/<controller>/martlet/<warden>/<sandbox>.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "base/strings.h"
#include "sandbox/cgroups.h"

namespace martlet::sandbox {

namespace {

constexpr std::array kControllers = {"memory", "cpu", "cpuacct", "freezer", "pids"};

/// Controller to directory. Two controllers may share one hierarchy ("cpu,cpuacct").
using Directories = std::map<std::string, std::string>;

std::vector<std::string> distinct(const Directories& directories) {
  std::vector<std::string> paths;
  for (const auto& [controller, path] : directories)
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  return paths;
}

class CgroupV1 : public Cgroup {
 public:
  explicit CgroupV1(Directories directories) : directories_(std::move(directories)) {
    for (const auto& path : distinct(directories_))
      if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) throw_errno("cannot make the cgroup " + path);
  }
  ~CgroupV1() override { remove(); }

  std::vector<Descriptor> entrances() const override {
    std::vector<Descriptor> files;
    for (const auto& path : distinct(directories_))
      files.emplace_back(
          checked(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC), "cannot open " + path));
    return files;
  }

  void limit(const Policy& policy) override {
    set_memory(policy.memory_bytes);
    reset_peak();
    if (const auto* pids = find("pids"))
      // One more for the sandbox's own first process.
      write_file(*pids + "/pids.max", std::to_string(policy.max_processes + 1));
    set_cpus(policy.cpus);
  }

  void set_memory(std::uint64_t bytes) override {
    const auto* memory = find("memory");
    if (memory == nullptr) return;
    // Memory with swap may never be less than memory. Absent where swap is not counted.
    const std::string limit = *memory + "/memory.limit_in_bytes";
    const std::string with_swap = *memory + "/memory.memsw.limit_in_bytes";
    const std::string value = std::to_string(bytes);
    if (!try_write_file(limit, value)) {
      try_write_file(with_swap, value);
      write_file(limit, value);
    }
    // Without this the limit could be passed by swapping.
    try_write_file(with_swap, value);
  }

  void set_cpus(double cpus) override {
    const auto* cpu = find("cpu");
    if (cpu == nullptr) return;
    const std::string quota = *cpu + "/cpu.cfs_quota_us";
    if (cpus <= 0) return write_file(quota, "-1");
    const CpuLimit limit = cpu_limit(cpus);
    write_file(*cpu + "/cpu.cfs_period_us", std::to_string(limit.period));
    write_file(quota, std::to_string(limit.quota));
  }

  void freeze() override { set_state("FROZEN"); }
  void thaw() override { set_state("THAWED"); }

  void reset_peak() override {
    if (const auto* memory = find("memory")) try_write_file(*memory + "/memory.max_usage_in_bytes", "0");
  }

  Usage usage() const override {
    Usage usage;
    if (const auto* memory = find("memory")) {
      usage.memory_bytes = read_number(*memory + "/memory.usage_in_bytes");
      usage.peak_memory_bytes = read_number(*memory + "/memory.max_usage_in_bytes");
    }
    if (const auto* account = find("cpuacct"))
      usage.cpu_time = std::chrono::nanoseconds(read_number(*account + "/cpuacct.usage"));
    return usage;
  }

  std::uint64_t out_of_memory_kills() const override {
    const auto* memory = find("memory");
    return memory == nullptr ? 0 : read_keyed(*memory + "/memory.oom_control", "oom_kill");
  }

  bool remove() override {
    bool all = true;
    for (const auto& path : distinct(directories_))
      if (::rmdir(path.c_str()) != 0 && errno != ENOENT) all = false;
    return all;
  }

 private:
  const std::string* find(const char* controller) const {
    const auto found = directories_.find(controller);
    return found == directories_.end() ? nullptr : &found->second;
  }
  void set_state(const char* state) {
    if (const auto* freezer = find("freezer")) try_write_file(*freezer + "/freezer.state", state);
  }

  Directories directories_;
};

class CgroupsV1 : public Cgroups {
 public:
  explicit CgroupsV1(Directories parents) : parents_(std::move(parents)) {}
  ~CgroupsV1() override {
    for (const auto& path : distinct(parents_)) {
      ::rmdir(path.c_str());
      ::rmdir(path.substr(0, path.rfind('/')).c_str());
    }
  }

  void describe(Capabilities& capabilities) const override {
    capabilities.cgroup = Capabilities::Cgroup::kV1;
    capabilities.memory_limit = parents_.contains("memory");
    capabilities.cpu_limit = parents_.contains("cpu");
    capabilities.freezer = parents_.contains("freezer");
  }

  std::unique_ptr<Cgroup> make(const std::string& name) override {
    Directories directories;
    for (const auto& [controller, path] : parents_) directories[controller] = path + '/' + name;
    return std::make_unique<CgroupV1>(std::move(directories));
  }

 private:
  Directories parents_;
};

}  // namespace

std::unique_ptr<Cgroups> open_cgroups_v1() {
  Directories shared;
  for (const auto& mount : cgroup_mounts()) {
    if (mount.version_2) continue;
    const auto options = split(mount.options, ',');
    for (const char* controller : kControllers)
      if (std::ranges::find(options, controller) != options.end())
        shared[controller] = mount.path + "/martlet";
  }
  sweep_dead_wardens(distinct(shared));
  Directories parents;
  for (const auto& [controller, path] : shared)
    if (auto own = make_warden_directory(path); !own.empty()) parents[controller] = std::move(own);
  if (parents.empty()) return nullptr;
  return std::make_unique<CgroupsV1>(std::move(parents));
}

}  // namespace martlet::sandbox
