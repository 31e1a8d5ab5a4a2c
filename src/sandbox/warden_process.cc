// The warden process from its fork to its end.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/log.h"
#include "sandbox/kernel.h"
#include "sandbox/privileges.h"
#include "sandbox/process_tree.h"
#include "sandbox/warden_loop.h"

namespace martlet::sandbox {

namespace {

namespace fs = std::filesystem;

/// The host directory on which the system root is mounted, in this warden's mount namespace only. Removed at
/// the end; those of dead wardens are removed at the start.
class MountPoint {
 public:
  explicit MountPoint(const std::string& run_directory) {
    fs::create_directories(run_directory);
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(run_directory))
      if (is_dead_warden(entry.path().filename())) fs::remove(entry.path(), error);
    path_ = make_warden_directory(run_directory);
    if (path_.empty()) throw_errno("cannot make a directory in " + run_directory);
  }
  ~MountPoint() {
    ::umount2(path_.c_str(), MNT_DETACH);
    ::rmdir(path_.c_str());
  }
  MountPoint(const MountPoint&) = delete;
  MountPoint& operator=(const MountPoint&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Leaves the server's session, streams and descriptors behind. Standard error stays, for the log.
void detach(int control) {
  ::setsid();  // a Ctrl-C at the terminal is for the server
  ::chdir("/");
  ::umask(0022);
  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(null.get(), STDOUT_FILENO);
  close_all_but({control});
  // Every sandbox takes a few descriptors here.
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

Descriptor ask_for_signals() {
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    ::signal(number, SIG_DFL);
    ::sigaddset(&ends, number);
  }
  // Children must be waited for, whatever the server does with its own.
  ::signal(SIGCHLD, SIG_DFL);
  checked(::sigprocmask(SIG_SETMASK, &ends, nullptr), "cannot block signals");
  return Descriptor(checked(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK), "cannot make a signalfd"));
}

void refuse(const Descriptor& control, Capabilities capabilities, const std::string& failure) {
  capabilities.refusal = explain_refusal(failure);
  Reply hello{.kind = Reply::Kind::kHello};
  hello.capabilities = std::move(capabilities);
  send_packet(control.get(), encode(hello), {}, Blocking::kWait);
}

enum class Served { kSandboxes, kNothing };

Served serve(const WardenOptions& options, Descriptor control) {
  Capabilities capabilities;
  std::string failure;
  try {
    Descriptor signals = ask_for_signals();
    auto cgroups = open_cgroups();
    cgroups->describe(capabilities);
    const MountPoint mount_point(options.run_directory);
    const OutsideIds ids = enter_own_mounts(capabilities);
    Workshop workshop{SystemRoot(mount_point.path()),
                      {},
                      std::move(cgroups),
                      capabilities,
                      ids.first_uid,
                      ids.first_gid,
                      ids.one_for_all};
    if (capabilities.privileged) workshop.network = std::make_unique<Network>(options.run_directory);
    // From here on the loop has the socket; should it fail, the server sees the socket close.
    const int number = control.get();
    WardenLoop loop(std::move(workshop), options.run_directory, std::move(control), std::move(signals));
    failure = loop.probe();
    if (failure.empty()) {
      loop.run();
      return Served::kSandboxes;
    }
    control = Descriptor(checked(::fcntl(number, F_DUPFD_CLOEXEC, 3), "cannot keep the socket"));
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!control) return Served::kSandboxes;
  refuse(control, std::move(capabilities), failure);
  return Served::kNothing;
}

/// A warden that has nothing to do still waits for the server's end. One that was told to end does not: the
/// directory is then the next server's to sweep.
void remove_after_server(const std::string& directory, const Descriptor& control, Served served) {
  pollfd server{control.get(), 0, 0};
  while (::poll(&server, 1, served == Served::kNothing ? -1 : 0) < 0 && errno == EINTR) {
  }
  if ((server.revents & POLLHUP) == 0) return;
  std::error_code error;
  fs::remove_all(directory, error);
  if (error) log::warning("a temporary directory stays", {{"path", directory}, {"error", error.message()}});
}

}  // namespace

WardenProcess fork_warden(const WardenOptions& options) {
  int ends[2];
  checked(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "cannot make a socket");
  Descriptor server(ends[0]);
  Descriptor warden(ends[1]);
  const pid_t pid = checked(::fork(), "cannot fork the warden");
  if (pid == 0) {
    try {
      detach(warden.get());
      set_process_title("martlet-warden");
      const Descriptor server_left(
          checked(::fcntl(warden.get(), F_DUPFD_CLOEXEC, 3), "cannot keep a socket"));
      const Served served = serve(options, std::move(warden));
      if (!options.remove_at_end.empty()) remove_after_server(options.remove_at_end, server_left, served);
    } catch (const std::exception& error) {
      log::error("the warden failed", {{"error", error.what()}});
    }
    ::_exit(0);
  }
  return {pid, server.release()};
}

}  // namespace martlet::sandbox
