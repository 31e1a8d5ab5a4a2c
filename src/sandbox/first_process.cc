#include "sandbox/first_process.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "sandbox/confinement.h"
#include "sandbox/kernel.h"
#include "sandbox/main_program.h"
#include "sandbox/protocol.h"

namespace martlet::sandbox {

namespace {

void report(const Descriptor& socket, const Report& report, const std::vector<int>& descriptors = {}) {
  if (send_packet(socket.get(), encode(report), descriptors, Blocking::kWait) != Transfer::kDone) ::_exit(1);
}

/// Dies with the warden. Has to be said again after every change of identity, which makes the kernel forget
/// it.
void die_with_warden() {
  checked(::prctl(PR_SET_PDEATHSIG, SIGKILL), "cannot tie the sandbox to the warden");
}

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
  // On top of the old root, from where it takes its place; the old root then lies on top and is let go.
  attach_mount(root, AT_FDCWD, "/");
  attach_mount(proc, root.get(), "proc");
  hide_machine_files(root);
  checked(::fchdir(root.get()), "cannot enter the new root");
  checked(static_cast<int>(::syscall(SYS_pivot_root, ".", ".")), "cannot change the root");
  checked(::umount2(".", MNT_DETACH), "cannot leave the old root");
  checked(::chdir("/"), "cannot enter the new root");
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

struct Job {
  Policy policy;
  Packet packet;
};

Job await_job(const Descriptor& socket) {
  Job job;
  if (receive_packet(socket.get(), job.packet, Blocking::kWait) != Transfer::kDone) ::_exit(1);
  auto policy = decode_policy(job.packet.bytes);
  if (!policy || job.packet.descriptors.size() != kJobBinds + policy->binds.size())
    throw std::runtime_error("malformed job");
  job.policy = std::move(*policy);
  return job;
}

/// The main program's status, once it has ended. Orphans that come to this process are reaped on the way.
int wait_for_main(pid_t main) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == main) return status;
    if (ended < 0 && errno != EINTR) throw_errno("cannot wait for the program");
  }
}

/// Interpreters reserve far more than they use, so this only stops a single process that grows without end.
std::uint64_t data_limit(const Policy& policy) { return policy.memory_bytes * 2 + (512ULL << 20); }

void run_job(const FirstProcess& start) {
  Job job = await_job(start.socket);
  std::vector<Descriptor> listeners = furnish(job.policy, job.packet.descriptors);
  confine(*start.filter);
  die_with_warden();
  // The warden may have ended while nothing tied this process to it.
  pollfd warden{start.socket.get(), POLLIN, 0};
  if (::poll(&warden, 1, 0) > 0 && (warden.revents & (POLLHUP | POLLERR)) != 0) ::_exit(1);

  const pid_t main = start_main_program(job.policy, job.packet.descriptors[0], job.packet.descriptors[1],
                                        start.memory_is_limited ? 0 : data_limit(job.policy));
  // Only the program holds its ends of the pipes, so that their readers see its end; only the server holds
  // the listeners, so that closing them closes the port.
  job.packet = {};
  std::vector<int> sockets;
  for (const auto& listener : listeners) sockets.push_back(listener.get());
  report(start.socket, {Report::Kind::kStarted, {}, 0}, sockets);
  listeners.clear();
  const int status = wait_for_main(main);
  report(start.socket, {Report::Kind::kEnded, {}, status});
}

}  // namespace

void run_first_process(FirstProcess start) {
  try {
    prepare(start);
    report(start.socket, {Report::Kind::kReady, {}, 0});
    run_job(start);
  } catch (const std::exception& error) {
    report(start.socket, {Report::Kind::kFailed, error.what(), 0});
  }
  ::_exit(0);
}

}  // namespace martlet::sandbox
