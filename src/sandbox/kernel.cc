#include "sandbox/kernel.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace martlet::sandbox {

Descriptor copy_mount(int directory, const std::string& path, Depth depth) {
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  if (depth == Depth::kWithSubmounts) flags |= AT_RECURSIVE;
  if (path.empty()) flags |= AT_EMPTY_PATH;
  return Descriptor(checked(::open_tree(directory, path.c_str(), flags), "cannot bind " + path));
}

void restrict_mount(const Descriptor& mount) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  checked(::mount_setattr(mount.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes),
          "cannot make a mount read-only");
}

Descriptor new_mount(const char* type, std::initializer_list<MountOption> options, unsigned attributes) {
  const std::string what = std::string("cannot mount ") + type;
  const Descriptor context(checked(::fsopen(type, FSOPEN_CLOEXEC), what));
  for (const auto& [name, value] : options)
    checked(::fsconfig(context.get(), FSCONFIG_SET_STRING, name, value.c_str(), 0), what + " with " + name);
  checked(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), what);
  return Descriptor(checked(::fsmount(context.get(), FSMOUNT_CLOEXEC, attributes), what));
}

void change_mount(const std::string& path, std::initializer_list<MountOption> options) {
  const std::string what = "cannot change the mount at " + path;
  const Descriptor context(checked(::fspick(AT_FDCWD, path.c_str(), FSPICK_CLOEXEC), what));
  for (const auto& [name, value] : options)
    checked(::fsconfig(context.get(), FSCONFIG_SET_STRING, name, value.c_str(), 0), what + " with " + name);
  checked(::fsconfig(context.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0), what);
}

void attach_mount(const Descriptor& mount, int directory, const std::string& path) {
  checked(::move_mount(mount.get(), "", directory, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH),
          "cannot mount at " + path);
}

void change_root(const Descriptor& mount, const std::function<void()>& prepare) {
  // On top of the old root, from where it takes its place; the old root then lies on top and is let go.
  attach_mount(mount, AT_FDCWD, "/");
  if (prepare) prepare();
  checked(::fchdir(mount.get()), "cannot enter the new root");
  checked(static_cast<int>(::syscall(SYS_pivot_root, ".", ".")), "cannot change the root");
  checked(::umount2(".", MNT_DETACH), "cannot leave the old root");
  checked(::chdir("/"), "cannot enter the new root");
}

pid_t clone_process(std::uint64_t namespaces, int cgroup, Descriptor& pidfd) {
  int descriptor = -1;
  clone_args arguments{};
  arguments.flags = namespaces | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&descriptor);
  arguments.exit_signal = SIGCHLD;
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid > 0) pidfd = Descriptor(descriptor);
  return pid;
}

void kill_process(const Descriptor& pidfd) {
  if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
}

ExitState reap(const Descriptor& pidfd) {
  siginfo_t info{};
  rusage usage{};
  // The system call, unlike the library's waitid, also gives the resources used.
  long result;
  do {
    result = ::syscall(SYS_waitid, P_PIDFD, pidfd.get(), &info, WEXITED, &usage);
  } while (result < 0 && errno == EINTR);
  ExitState state;
  state.signalled = info.si_code != CLD_EXITED;
  state.value = info.si_status;
  state.peak_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return state;
}

std::uint64_t process_start_time(pid_t pid) {
  std::string stat;
  try {
    stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  } catch (const std::exception&) {
    return 0;
  }
  // The 22nd field; the second one is a name in brackets that may contain anything.
  std::size_t at = stat.rfind(')');
  if (at == std::string::npos || stat.compare(at, 3, ") Z") == 0) return 0;
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string::npos ? 0 : std::strtoull(stat.c_str() + at, nullptr, 10);
}

void bring_loopback_up() {
  const Descriptor socket(checked(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "cannot make a socket"));
  ifreq interface{};
  std::strncpy(interface.ifr_name, "lo", IFNAMSIZ - 1);
  interface.ifr_flags = IFF_UP;
  checked(::ioctl(socket.get(), SIOCSIFFLAGS, &interface), "cannot bring the loopback interface up");
}

}  // namespace martlet::sandbox
