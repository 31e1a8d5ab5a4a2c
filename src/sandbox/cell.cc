#include "sandbox/cell.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "sandbox/first_process.h"
#include "sandbox/process_tree.h"

namespace martlet::sandbox {

namespace {

constexpr std::uint64_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;

struct Ends {
  Descriptor read;
  Descriptor write;
};

/// The server's end does not block; the program's end does, as programs expect.
Ends make_pipe() {
  int ends[2];
  checked(::pipe2(ends, O_CLOEXEC), "cannot make a pipe");
  Ends pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  checked(::fcntl(ends[0], F_SETFL, O_NONBLOCK), "cannot make a pipe");
  return pipe;
}

}  // namespace

Cell::Cell(Workshop& workshop, unsigned slot, std::unique_ptr<Cgroup> cgroup)
    : workshop_(workshop), slot_(slot), cgroup_(std::move(cgroup)) {
  int ends[2];
  checked(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "cannot make a socket");
  socket_ = Descriptor(ends[0]);
  FirstProcess start{Descriptor(ends[1]), workshop.root.copy(), cgroup_->entrances(), workshop.filter.get(),
                     workshop.capabilities.memory_limit};
  pid_ = clone_process(kNamespaces, cgroup_->clone_target(), pidfd_);
  if (pid_ < 0) throw_errno("cannot make namespaces");
  if (pid_ == 0) {
    // Nothing of the warden's own may stay open in a sandbox, least of all the other end of its socket.
    std::vector<int> keep = {start.socket.get(), start.root.get()};
    for (const auto& entrance : start.cgroups) keep.push_back(entrance.get());
    close_all_but(std::move(keep));
    run_first_process(std::move(start));
  }
}

Cell::~Cell() {
  if (state_ == State::kEnded || pid_ < 0) return;
  kill();
  on_exit();
}

void Cell::map_ids(const Policy& policy) {
  const unsigned offset = workshop_.one_id_for_all ? 0 : slot_;
  const std::string directory = "/proc/" + std::to_string(pid_);
  const auto line = [](unsigned inside, unsigned outside) {
    return std::to_string(inside) + ' ' + std::to_string(outside) + " 1";
  };
  write_file(directory + "/uid_map", line(policy.uid, workshop_.first_uid + offset));
  write_file(directory + "/gid_map", line(policy.gid, workshop_.first_gid + offset));
}

void Cell::start(const Request& request) {
  const Policy& policy = request.policy;
  id_ = request.id;
  state_ = State::kStarting;
  cgroup_->limit(policy);
  map_ids(policy);
  Ends output = make_pipe();
  Ends error = make_pipe();
  std::vector<Descriptor> binds;
  for (const auto& bind : policy.binds) {
    binds.push_back(copy_mount(AT_FDCWD, bind.source, Depth::kThisMount));
    restrict_mount(binds.back());
    workshop_.root.add_mount_point(bind.target, binds.back().get());
  }
  std::vector<int> descriptors = {output.write.get(), error.write.get()};
  for (const auto& bind : binds) descriptors.push_back(bind.get());
  if (send_packet(socket_.get(), encode(policy), descriptors, Blocking::kDontWait) != Transfer::kDone)
    throw std::runtime_error("the sandbox's first process is gone");
  for_server_.clear();
  for_server_.push_back(std::move(output.read));
  for_server_.push_back(std::move(error.read));
}

void Cell::kill() {
  killed_ = true;
  kill_process(pidfd_);
  // Frozen processes of version 1 take the signal only once they are thawed.
  cgroup_->thaw();
}

void Cell::give_up(const std::string& reason) {
  failure_ = reason;
  kill();
}

Cell::Read Cell::read_report() {
  if (!socket_) return Read::kNothing;
  Packet packet;
  const Transfer transfer = receive_packet(socket_.get(), packet, Blocking::kDontWait);
  if (transfer == Transfer::kWouldBlock) return Read::kNothing;
  const auto report = transfer == Transfer::kDone ? decode_report(packet.bytes) : std::nullopt;
  if (!report) {
    socket_.reset();
    return Read::kNothing;
  }
  switch (report->kind) {
    case Report::Kind::kReady:
      state_ = State::kPrepared;
      break;
    case Report::Kind::kStarted:
      state_ = State::kRunning;
      was_running_ = true;
      for (auto& listener : packet.descriptors) for_server_.push_back(std::move(listener));
      break;
    case Report::Kind::kFailed:
      failure_ = report->text;
      break;
    case Report::Kind::kEnded:
      main_status_ = report->status;
      break;
  }
  return Read::kReport;
}

void Cell::on_exit() {
  exit_ = reap(pidfd_);
  state_ = State::kEnded;
  ended_at_ = std::chrono::steady_clock::now();
  out_of_memory_kills_ = cgroup_->out_of_memory_kills();
  peak_memory_bytes_ = std::max(peak_memory_bytes_, cgroup_->usage().peak_memory_bytes);
  if (!workshop_.capabilities.memory_limit)
    peak_memory_bytes_ = std::max(peak_memory_bytes_, exit_.peak_memory_bytes);
}

bool Cell::remove() { return cgroup_->remove(); }

Usage Cell::usage() {
  Usage usage = workshop_.capabilities.memory_limit ? cgroup_->usage() : process_tree_usage(pid_);
  if (!workshop_.capabilities.memory_limit) {
    peak_memory_bytes_ = std::max(peak_memory_bytes_, usage.peak_memory_bytes);
    usage.peak_memory_bytes = peak_memory_bytes_;
  }
  return usage;
}

void Cell::reset_peak() {
  peak_memory_bytes_ = 0;
  cgroup_->reset_peak();
}

void Cell::classify_main(Result& result, std::uint64_t out_of_memory_kills) const {
  const int status = *main_status_;
  if (WIFEXITED(status)) {
    result.kind = Result::Kind::kExited;
    result.exit_code = WEXITSTATUS(status);
    if (out_of_memory_kills > 0)
      result.detail =
          std::to_string(out_of_memory_kills) + " of its processes were killed at the memory limit";
    return;
  }
  result.signal = WTERMSIG(status);
  result.kind = Result::Kind::kSignalled;
  result.detail = std::string("ended by signal ") + std::to_string(result.signal) + " (" +
                  ::strsignal(result.signal) + ")";
  if (result.signal == SIGSYS) {
    result.kind = Result::Kind::kViolation;
    result.detail = "made a system call that no program may make here";
  }
}

Result Cell::result() const {
  Result result;
  result.peak_memory_bytes = peak_memory_bytes_;
  if (!failure_.empty()) {
    result.kind = Result::Kind::kSetupError;
    result.detail = failure_;
    return result;
  }
  if (main_status_) classify_main(result, out_of_memory_kills_);
  const bool ended_by_kill =
      !main_status_ || (WIFSIGNALED(*main_status_) && WTERMSIG(*main_status_) == SIGKILL);
  if (!ended_by_kill) return result;
  result.signal = SIGKILL;
  if (killed_) {
    result.kind = Result::Kind::kKilled;
    result.detail = "killed on request";
  } else if (out_of_memory_kills_ > 0) {
    result.kind = Result::Kind::kOutOfMemory;
    result.detail = "killed at its memory limit";
  } else if (!main_status_) {
    result.kind = Result::Kind::kKilled;
    result.detail = "its first process was killed from outside";
  }
  return result;
}

}  // namespace martlet::sandbox
