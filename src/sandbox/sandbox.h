#pragma once

// Sandboxes: processes that see nothing but what their Policy gives them. Mechanism only; no word of AWS
// here.
//
// The Warden is a small single-threaded process, forked before the server starts any thread and the only part
// that needs privileges: it makes sandboxes in namespaces, mounts and cgroups of their own, watches their
// processes, and passes descriptors back over a Unix socket. The server never forks. When the server's end of
// the socket closes, however that came about, the warden kills and removes every sandbox and ends.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"

namespace martlet::sandbox {

/// A host directory or file shown read-only inside.
struct Bind {
  std::string source;
  std::string target;
};

/// A TCP socket that listens inside the sandbox's network namespace, where 127.0.0.1 is the only address.
struct Listener {
  std::uint16_t port = 0;
};

/// Which addresses outside a sandbox may reach, beside its own listeners.
struct Egress {
  enum class Kind {
    kNone,     ///< only loopback exists
    kNetwork,  ///< a veth pair behind NAT; needs a privileged warden
  };
  Kind kind = Kind::kNone;
  /// What may be reached: "10.0.0.0/8", "0.0.0.0/0"; with ports: "10.0.0.0/8:443", "0.0.0.0/0:1024-65535".
  /// Everything else, and every address of this host, is refused.
  std::vector<std::string> allowed{};
};

/// What a sandbox is, may see and may use.
struct Policy {
  /// A name for people: [a-zA-Z0-9_-]{1,64}.
  std::string name;

  /// Host directory that takes the system root's place (an unpacked container image); empty: the system root.
  /// It is read-only inside, without devices and set-user-id programs; /proc, /dev, /tmp, /etc/hosts and
  /// /etc/resolv.conf are the sandbox's own. Mount points that it lacks, for these and for binds, are made in
  /// the directory itself, which therefore has to belong to the caller. Submounts of it are not shown.
  std::string root;

  /// Program and arguments; the program is a path inside the sandbox. Empty: the sandbox starts without a
  /// main program and waits for Sandbox::run_main().
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::string working_directory = "/";
  std::string hostname = "localhost";
  /// Identity inside; outside it maps to an unprivileged id.
  uid_t uid = 993;
  gid_t gid = 990;

  /// Beside the system root (where `root` does not replace it: /usr, /lib*, /bin, /sbin read-only; a minimal
  /// /etc, /dev and /proc). Mount points are made where they are missing, except below /usr and the other
  /// parts of the system root. Files keep their owners and modes and have to be readable by others; the
  /// directories above a source need not be.
  std::vector<Bind> binds;
  /// Size of the private /tmp, the only place to write. It lies on the disk of the run directory where the
  /// warden is privileged and can have loop devices, and otherwise in memory, where it counts against
  /// memory_bytes.
  std::uint64_t tmp_bytes = 512ULL << 20;

  std::uint64_t memory_bytes = 128ULL << 20;
  /// CPUs' worth of time; 0 means unlimited. See Sandbox::set_cpus.
  double cpus = 0;
  std::uint32_t max_processes = 1024;
  std::uint32_t max_open_files = 1024;

  std::vector<Listener> listeners;

  Egress egress{};

  /// The sandbox's first process keeps the right to mount until Sandbox::finish() has given the rest of the
  /// policy. Until then only trusted programs (an interpreter that waits for its function) may run inside.
  bool unfinished = false;
};

/// What an unfinished sandbox is given when it is known what it is for.
struct Finish {
  std::vector<Bind> binds{};
  std::uint64_t tmp_bytes = 512ULL << 20;
  std::uint64_t memory_bytes = 128ULL << 20;
  double cpus = 0;
  Egress egress{};
};

/// A program to start in a sandbox that exists; the paths are those inside.
struct Program {
  std::vector<std::string> command{};
  std::map<std::string, std::string> environment{};
  std::string working_directory = "/";
};

/// What became of a sandbox. `reason` is a fixed word, `detail` is for people.
struct Result {
  enum class Kind {
    kExited,       ///< the main process ended by itself; `exit_code`
    kSignalled,    ///< ended by a signal nobody here sent; `signal`
    kViolation,    ///< ended by the seccomp filter: a system call by a foreign convention; others are refused
                   ///< with EPERM
    kOutOfMemory,  ///< the kernel killed it at its memory limit
    kKilled,       ///< kill() was called
    kSetupError,   ///< the sandbox could not be made; `detail` says why
  };
  Kind kind = Kind::kKilled;
  int exit_code = 0;
  int signal = 0;
  std::string detail{};
  /// Most memory it held, from the cgroup; 0 where unknown.
  std::uint64_t peak_memory_bytes = 0;
};

struct Usage {
  std::uint64_t memory_bytes = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::chrono::nanoseconds cpu_time{0};
};

/// A program beside the main one in a sandbox. Destroying the handle leaves it running: it ends by itself, by
/// signal(), or with the sandbox.
class Process {
 public:
  virtual ~Process() = default;
  /// Read ends of the pipes that are its standard output and standard error. Taken once, owned by the caller.
  virtual int take_stdout() = 0;
  virtual int take_stderr() = 0;
  /// Waits until it has ended: kExited, kSignalled, or kKilled when the sandbox went first.
  virtual Task<Result> wait() = 0;
  /// Sends a signal; nothing happens when it has ended.
  virtual void signal(int number) = 0;
};

/// A running sandbox. Destroying the handle kills it.
class Sandbox {
 public:
  virtual ~Sandbox() = default;

  [[nodiscard]] virtual const std::string& name() const = 0;
  /// The listening sockets of Policy::listeners, in order. The caller takes each once and owns it.
  virtual int take_listener(std::size_t index) = 0;
  /// Read ends of the pipes that are its standard output and standard error. Taken once, owned by the caller.
  virtual int take_stdout() = 0;
  virtual int take_stderr() = 0;

  /// Waits until the main process has ended and everything of the sandbox is gone: processes, mounts, cgroup.
  virtual Task<Result> wait() = 0;
  /// Kills every process in it. Returns at once; wait() tells when it is done.
  virtual void kill() = 0;

  // The following throw std::runtime_error once the sandbox has ended. What has to be done inside (finishing,
  // starting, signals) happens only when the sandbox is not frozen.

  /// Gives an unfinished sandbox the rest of its policy; once. From then on nothing in it has any right.
  /// Running programs see the new mounts. Throws what was refused; if that is found out half-way, the sandbox
  /// ends.
  virtual Task<> finish(Finish finish) = 0;
  /// Starts the main program of a sandbox made without one; once. Its output is take_stdout/take_stderr. The
  /// sandbox ends with it.
  virtual Task<> run_main(Program program) = 0;
  /// Starts another program (an extension) beside the main one.
  virtual Task<std::unique_ptr<Process>> run(Program program) = 0;
  /// Sends a signal to the main program; nothing happens when there is none or the sandbox has ended.
  virtual void signal_main(int number) = 0;
  /// A TCP connection to a program inside, made to 127.0.0.1:`port` of the sandbox's own network: a connected
  /// socket that the caller owns. Throws std::runtime_error when nobody listens there, too.
  virtual Task<int> connect(std::uint16_t port) = 0;

  /// Stops, and lets go on, all its processes. Each stops when it next enters the kernel, which takes
  /// microseconds.
  virtual Task<> freeze() = 0;
  virtual Task<> thaw() = 0;
  /// Changes the CPU share; 0 means unlimited.
  virtual Task<> set_cpus(double cpus) = 0;
  virtual Task<Usage> usage() = 0;
  /// Makes peak_memory_bytes start again from what is held now, where the kernel can.
  virtual Task<> reset_peak() = 0;
};

/// What this machine offers; `martlet doctor` and the log show it.
struct Capabilities {
  enum class Cgroup { kNone, kV1, kV2 };
  bool privileged = false;
  bool user_namespaces = false;
  Cgroup cgroup = Cgroup::kNone;
  /// What the cgroups that this process may use can do. Without memory_limit a process has a limit on its
  /// data segment in its place, which is loose; without cpu_limit and freezer set_cpus() and freeze() change
  /// nothing.
  bool memory_limit = false;
  bool cpu_limit = false;
  bool freezer = false;
  /// Why sandboxes cannot be made, and what to do about it; empty when they can.
  std::string refusal;
};

class Warden {
 public:
  virtual ~Warden() = default;
  /// Returns when the main program runs. Throws std::runtime_error (detail of Result::Kind::kSetupError) when
  /// the sandbox cannot be made.
  virtual Task<std::unique_ptr<Sandbox>> create(Policy policy) = 0;
  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;
};

struct WardenOptions {
  /// Where the warden keeps its mount point; made if absent, emptied of dead wardens' leftovers. Wardens may
  /// share it.
  std::string run_directory;
  /// A directory that the warden removes after the server has gone, for a server that may not do so itself;
  /// empty for none.
  std::string remove_at_end{};
};

/// A warden process that has been forked, before there is a loop to serve it.
struct WardenProcess {
  pid_t pid = -1;
  int socket = -1;
};

/// Forks the warden. Must be called while the process has a single thread.
WardenProcess fork_warden(const WardenOptions& options);

/// The server's side of it. Waits the few milliseconds until the warden knows what it can do; takes the
/// socket over. Destroying the Warden ends the process and waits until it has removed every sandbox.
std::unique_ptr<Warden> connect_warden(Executor executor, WardenProcess process);

}  // namespace martlet::sandbox
