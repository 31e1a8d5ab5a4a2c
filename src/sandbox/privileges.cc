#include "sandbox/privileges.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <stdexcept>

#include "base/strings.h"
#include "sandbox/descriptor.h"

namespace martlet::sandbox {

namespace {

// A range that distributions' tools leave alone: above the ids of systemd's containers, below the foreign and
// the reserved ones. Wardens at the same time take different parts of it.
constexpr unsigned kFirstId = 0x70000000;
constexpr unsigned kIdsPerWarden = kMaxCells + 1;
constexpr unsigned kParts = 8192;
// Where only a container's 65,536 ids exist: one that is nobody's.
constexpr unsigned kContainerId = 65533;

bool is_mapped(const char* map, unsigned id) {
  std::istringstream lines(read_file(map));
  for (std::uint64_t inside, outside, count; lines >> inside >> outside >> count;)
    if (id >= inside && id - inside < count) return true;
  return false;
}

bool both_mapped(unsigned id) {
  return is_mapped("/proc/self/uid_map", id) && is_mapped("/proc/self/gid_map", id);
}

void make_mounts_private() {
  checked(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "cannot make mounts private");
}

bool enter_as_root(OutsideIds& ids) {
  if (::geteuid() != 0) return false;
  const unsigned first = kFirstId + static_cast<unsigned>(::getpid()) % kParts * kIdsPerWarden;
  if (both_mapped(first) && both_mapped(first + kIdsPerWarden)) {
    ids = {first, first, false};
  } else if (both_mapped(kContainerId)) {
    ids = {kContainerId, kContainerId, true};
  } else {
    return false;
  }
  if (::unshare(CLONE_NEWNS) != 0) return false;
  make_mounts_private();
  return true;
}

/// Root of a user namespace in which nobody else is mapped: sandboxes' users are this user outside.
void enter_as_user() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  checked(::unshare(CLONE_NEWUSER | CLONE_NEWNS), "cannot make a user namespace");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", "0 " + uid + " 1");
  write_file("/proc/self/gid_map", "0 " + gid + " 1");
  make_mounts_private();
}

/// The content of a setting of the kernel; empty where it does not exist.
std::string setting(const std::string& name) {
  try {
    std::string text = read_file("/proc/sys/" + name);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace

OutsideIds enter_own_mounts(Capabilities& capabilities) {
  OutsideIds ids;
  capabilities.privileged = enter_as_root(ids);
  if (!capabilities.privileged) enter_as_user();
  capabilities.user_namespaces = true;
  return ids;
}

std::string explain_refusal(const std::string& failure) {
  std::string text = "functions cannot be isolated on this machine: " + failure + ". ";
  if (setting("kernel/unprivileged_userns_clone") == "0")
    text +=
        "Users may not make user namespaces here: run martlet as root, or allow them with "
        "'sysctl kernel.unprivileged_userns_clone=1'.";
  else if (setting("user/max_user_namespaces") == "0")
    text += "User namespaces are switched off here: allow them with 'sysctl user.max_user_namespaces=15000'.";
  else if (setting("kernel/apparmor_restrict_unprivileged_userns") == "1" && ::geteuid() != 0)
    text +=
        "AppArmor restricts the user namespaces of ordinary users here: run martlet as root, or allow them "
        "with "
        "'sysctl kernel.apparmor_restrict_unprivileged_userns=0'.";
  else if (::access("/.dockerenv", F_OK) == 0 || ::access("/run/.containerenv", F_OK) == 0)
    text +=
        "Inside a container this needs rights that containers do not have by default: start it with "
        "'--privileged', "
        "or run martlet on the host.";
  else
    text += "Run martlet as root, or allow user namespaces to this user; Linux 5.12 or newer is needed.";
  return text;
}

}  // namespace martlet::sandbox
