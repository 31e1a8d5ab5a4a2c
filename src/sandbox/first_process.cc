#include "sandbox/first_process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "sandbox/init_loop.h"
#include "sandbox/kernel.h"
#include "sandbox/protocol.h"

namespace martlet::sandbox {

namespace {

void enter_cgroups(std::vector<Descriptor>& entrances) {
  for (const auto& entrance : entrances)
    if (::write(entrance.get(), "0", 1) != 1) throw_errno("cannot enter a cgroup");
  entrances.clear();
  // From here on the sandbox sees its own cgroup as the top. Not every kernel has cgroup namespaces.
  if (::unshare(CLONE_NEWCGROUP) != 0 && errno != EINVAL) throw_errno("cannot make a cgroup namespace");
}

/// Files of /proc that tell about the machine or command it. All are refused to ordinary users as well; this
/// is the second lock.
void hide_machine_files(const Descriptor& root) {
  for (const char* path : {"proc/kcore", "proc/kmsg", "proc/keys", "proc/key-users", "proc/sysrq-trigger",
                           "proc/timer_list", "proc/sched_debug", "proc/kallsyms"}) {
    if (::faccessat(root.get(), path, F_OK, 0) != 0) continue;
    attach_mount(copy_mount(root.get(), "dev/null", Depth::kThisMount), root.get(), path);
  }
  const Descriptor settings = copy_mount(root.get(), "proc/sys", Depth::kThisMount);
  restrict_mount(settings);
  attach_mount(settings, root.get(), "proc/sys");
}

/// Makes the copy of the system root, with a /proc of this process namespace, the only thing there is.
void enter_root(const Descriptor& root) {
  const Descriptor proc =
      new_mount("proc", {{"hidepid", "invisible"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  change_root(root, [&] {
    attach_mount(proc, root.get(), "proc");
    hide_machine_files(root);
  });
}

void prepare(FirstProcess& start) {
  die_with_warden();
  ::prctl(PR_SET_NAME, "martlet-init");
  // The warden's standard error is the server's; standard input is /dev/null already.
  ::dup2(STDIN_FILENO, STDERR_FILENO);
  enter_cgroups(start.cgroups);
  bring_loopback_up();
  enter_root(start.root);
  start.root.reset();
}

}  // namespace

void die_with_warden() {
  checked(::prctl(PR_SET_PDEATHSIG, SIGKILL), "cannot tie the sandbox to the warden");
}

void run_first_process(FirstProcess start) {
  const int socket = start.socket.get();
  try {
    prepare(start);
    // Never destroyed: its socket is needed for the reason why it failed.
    auto* const loop = new InitLoop(std::move(start));
    loop->run();
  } catch (const std::exception& error) {
    const Report report{.kind = Report::Kind::kFailed, .text = error.what()};
    send_packet(socket, encode(report), {}, Blocking::kWait);
  }
  ::_exit(0);
}

}  // namespace martlet::sandbox
