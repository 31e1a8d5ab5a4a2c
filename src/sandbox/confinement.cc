#include "sandbox/confinement.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sandbox/kernel.h"

namespace martlet::sandbox {

namespace {

/// Takes the identity but keeps the capabilities in this namespace, which the mounts still need.
void take_identity(const Policy& policy) {
  checked(::prctl(PR_SET_KEEPCAPS, 1), "cannot keep capabilities");
  // A warden without privileges may not drop its supplementary groups. They show as nobody's inside.
  if (::setgroups(0, nullptr) != 0 && errno != EPERM) throw_errno("cannot drop groups");
  checked(::setresgid(policy.gid, policy.gid, policy.gid), "cannot take the group id");
  checked(::setresuid(policy.uid, policy.uid, policy.uid), "cannot take the user id");
  // If the change of identity switched them off, switch them on again: the permitted ones are still there.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  checked(static_cast<int>(::syscall(SYS_capget, &header, sets.data())), "cannot read capabilities");
  for (auto& set : sets) set.effective = set.permitted;
  checked(static_cast<int>(::syscall(SYS_capset, &header, sets.data())), "cannot keep capabilities");
}

/// One file of a page each would fill the space; more files than that are only a way to use up kernel memory.
std::uint64_t files_in_tmp(std::uint64_t bytes) { return std::max<std::uint64_t>(1024, bytes / 4096); }

/// Below /tmp, mount points are the sandbox's own business; elsewhere they exist by now or cannot be made.
void make_mount_point_in_tmp(const std::string& target, int mount) {
  if (!target.starts_with("/tmp/")) return;
  for (std::size_t slash = target.find('/', 5); slash != std::string::npos;
       slash = target.find('/', slash + 1))
    ::mkdir(target.substr(0, slash).c_str(), 0755);
  struct stat status{};
  if (::fstat(mount, &status) == 0 && S_ISDIR(status.st_mode))
    ::mkdir(target.c_str(), 0755);
  else
    ::mknod(target.c_str(), S_IFREG | 0644, 0);
}

Descriptor listen_on(std::uint16_t port) {
  const std::string what = "cannot listen on port " + std::to_string(port);
  Descriptor socket(checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), what));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), what);
  checked(::listen(socket.get(), SOMAXCONN), what);
  return socket;
}

void drop_capabilities() {
  checked(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "cannot drop capabilities");
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
    checked(::prctl(PR_CAPBSET_DROP, capability), "cannot drop capabilities");
  constexpr int kNoRoot = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                          SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                          SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  checked(::prctl(PR_SET_SECUREBITS, kNoRoot), "cannot lock capabilities");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> none{};
  checked(static_cast<int>(::syscall(SYS_capset, &header, none.data())), "cannot drop capabilities");
}

}  // namespace

void mount_tmp(const Policy& policy) {
  const Descriptor tmp = new_mount("tmpfs",
                                   {{"size", std::to_string(policy.tmp_bytes)},
                                    {"nr_inodes", std::to_string(files_in_tmp(policy.tmp_bytes))},
                                    {"mode", "1777"},
                                    {"uid", std::to_string(policy.uid)},
                                    {"gid", std::to_string(policy.gid)}},
                                   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  attach_mount(tmp, AT_FDCWD, "/tmp");
}

std::vector<Descriptor> furnish(const Policy& policy, const std::vector<Descriptor>& mounts) {
  take_identity(policy);
  checked(::sethostname(policy.hostname.data(), policy.hostname.size()), "cannot set the host name");
  if (mounts.size() > policy.binds.size())
    replace_tmp(mounts.back());
  else
    mount_tmp(policy);
  attach_binds(policy.binds, mounts);
  std::vector<Descriptor> listeners;
  for (const auto& listener : policy.listeners) listeners.push_back(listen_on(listener.port));
  return listeners;
}

void attach_binds(const std::vector<Bind>& binds, const std::vector<Descriptor>& mounts) {
  for (std::size_t i = 0; i < binds.size(); ++i) {
    make_mount_point_in_tmp(binds[i].target, mounts[i].get());
    attach_mount(mounts[i], AT_FDCWD, binds[i].target);
  }
}

void replace_tmp(const Descriptor& disk) { attach_mount(disk, AT_FDCWD, "/tmp"); }

void resize_tmp(std::uint64_t bytes) {
  change_mount("/tmp", {{"size", std::to_string(bytes)}, {"nr_inodes", std::to_string(files_in_tmp(bytes))}});
}

void shield() { checked(::prctl(PR_SET_DUMPABLE, 0), "cannot hide the first process"); }

void confine(const SystemCallFilter& filter) {
  drop_capabilities();
  checked(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot give up new privileges");
  shield();
  filter.apply();
}

}  // namespace martlet::sandbox
