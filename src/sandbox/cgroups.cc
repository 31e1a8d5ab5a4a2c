#include "sandbox/cgroups.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "base/strings.h"
#include "sandbox/kernel.h"

namespace martlet::sandbox {

namespace {

namespace fs = std::filesystem;

/// Identifies the process namespace, because a process number means nothing in another one.
std::uint64_t pid_namespace() {
  struct stat status{};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

std::vector<std::string> directories_in(const std::string& path) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    if (it->is_directory(error)) found.push_back(it->path());
  return found;
}

/// Kills what is in the cgroup and waits, within reason, until it is gone.
void kill_members(const std::string& directory) {
  std::istringstream members;
  try {
    members.str(read_file(directory + "/cgroup.procs"));
  } catch (const std::exception&) {
    return;
  }
  std::vector<Descriptor> killed;
  for (pid_t pid; members >> pid;) {
    if (pid <= 0) continue;
    Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    kill_process(process);
    if (process) killed.push_back(std::move(process));
  }
  for (const auto& process : killed) {
    pollfd ended{process.get(), POLLIN, 0};
    ::poll(&ended, 1, 1000);
  }
}

/// The cgroups of dead wardens below `parent`: the warden's, then those of its sandboxes.
std::vector<std::vector<std::string>> dead_wardens_in(const std::string& parent) {
  std::vector<std::vector<std::string>> found;
  for (const auto& warden : directories_in(parent)) {
    if (!is_dead_warden(fs::path(warden).filename())) continue;
    found.push_back({warden});
    for (auto& sandbox : directories_in(warden)) found.back().push_back(std::move(sandbox));
  }
  return found;
}

/// A process that has ended may keep its cgroup for a moment.
void remove_cgroup(const std::string& directory) {
  constexpr int kAttempts = 500;
  for (int attempt = 0; attempt < kAttempts && ::rmdir(directory.c_str()) != 0 && errno == EBUSY; ++attempt)
    ::poll(nullptr, 0, 2);
}

class NoCgroup : public Cgroup {
 public:
  void limit(const Policy&) override {}
  void set_memory(std::uint64_t) override {}
  void set_cpus(double) override {}
  void freeze() override {}
  void thaw() override {}
  void reset_peak() override {}
  Usage usage() const override { return {}; }
  std::uint64_t out_of_memory_kills() const override { return 0; }
  bool remove() override { return true; }
};

class NoCgroups : public Cgroups {
 public:
  void describe(Capabilities&) const override {}
  std::unique_ptr<Cgroup> make(const std::string&) override { return std::make_unique<NoCgroup>(); }
};

bool limits_memory(const Cgroups* cgroups) {
  Capabilities capabilities;
  if (cgroups != nullptr) cgroups->describe(capabilities);
  return capabilities.memory_limit;
}

}  // namespace

std::unique_ptr<Cgroups> open_cgroups() {
  // On hosts with both versions the memory controller is in one of them, and that one is the better choice.
  auto v1 = open_cgroups_v1();
  if (limits_memory(v1.get())) return v1;
  auto v2 = open_cgroups_v2();
  if (limits_memory(v2.get())) return v2;
  if (v1) return v1;
  if (v2) return v2;
  return std::make_unique<NoCgroups>();
}

std::unique_ptr<Cgroup> no_cgroup() { return std::make_unique<NoCgroup>(); }

std::string warden_directory_name() {
  return std::to_string(pid_namespace()) + '-' + std::to_string(::getpid()) + '-' +
         std::to_string(process_start_time(::getpid()));
}

/// Names are "PIDNAMESPACE-PID-STARTTIME".
bool is_dead_warden(const std::string& name) {
  const auto parts = split(name, '-');
  if (parts.size() != 3 || parts[0] != std::to_string(pid_namespace())) return false;
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), pid);
  if (error != std::errc{} || end != parts[1].data() + parts[1].size() || pid <= 0) return false;
  return std::to_string(process_start_time(pid)) != parts[2];
}

std::string make_warden_directory(const std::string& parent) {
  const std::string own = parent + '/' + warden_directory_name();
  // Another warden that ends may remove the parent between the two steps.
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) return {};
    if (::mkdir(own.c_str(), 0755) == 0 || errno == EEXIST) return own;
    if (errno != ENOENT) return {};
  }
  return {};
}

void sweep_dead_wardens(const std::vector<std::string>& parents) {
  std::vector<std::vector<std::string>> dead;
  for (const auto& parent : parents)
    for (auto& warden : dead_wardens_in(parent)) dead.push_back(std::move(warden));
  // What is frozen ends only when it is thawed, in whichever hierarchy that is.
  for (const auto& warden : dead)
    for (const auto& directory : warden) {
      try_write_file(directory + "/freezer.state", "THAWED");
      try_write_file(directory + "/cgroup.freeze", "0");
    }
  for (const auto& warden : dead)
    for (const auto& directory : warden) kill_members(directory);
  for (const auto& warden : dead)
    for (auto directory = warden.rbegin(); directory != warden.rend(); ++directory) remove_cgroup(*directory);
}

std::vector<CgroupMount> cgroup_mounts() {
  std::vector<CgroupMount> found;
  std::istringstream lines(read_file("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    // "36 35 0:30 ROOT PATH options [tags] - TYPE SOURCE SUPEROPTIONS"
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto front = split(std::string_view(line).substr(0, dash), ' ');
    const auto back = split(std::string_view(line).substr(dash + 3), ' ');
    if (front.size() < 6 || back.size() < 3 || !back[0].starts_with("cgroup")) continue;
    found.push_back(
        {std::string(front[3]), std::string(front[4]), std::string(back[2]), back[0] == "cgroup2"});
  }
  return found;
}

std::uint64_t read_number(const std::string& path) {
  try {
    return std::strtoull(read_file(path).c_str(), nullptr, 10);
  } catch (const std::exception&) {
    return 0;
  }
}

std::uint64_t read_keyed(const std::string& path, const std::string& key) {
  try {
    std::istringstream lines(read_file(path));
    std::string name;
    for (std::uint64_t value; lines >> name >> value;)
      if (name == key) return value;
  } catch (const std::exception&) {
    // Counts as zero, like a key that this kernel does not have.
  }
  return 0;
}

CpuLimit cpu_limit(double cpus) {
  // The kernel's own limits, in microseconds.
  constexpr double kLeastQuota = 1'000;
  constexpr double kLongestPeriod = 1'000'000;
  // Work that begins after a rest is spared one pause: up to period * (1 - share), which is to stay below
  // this.
  constexpr double kSparedPause = 5'000;
  constexpr double kShortest = 10'000;
  constexpr double kLongest = 20'000;
  double period = cpus < 1 ? std::clamp(kSparedPause / (1 - cpus), kShortest, kLongest) : kLongest;
  period = std::clamp(std::ceil(kLeastQuota / cpus), std::ceil(period), kLongestPeriod);
  return {std::llround(std::max(kLeastQuota, cpus * period)), std::llround(period)};
}

}  // namespace martlet::sandbox
