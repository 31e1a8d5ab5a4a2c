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

/// The pipes that are a program's standard output and standard error, in this order.
struct Streams {
  std::vector<Descriptor> inside;
  std::vector<Descriptor> outside;
};

Streams make_streams() {
  Streams streams;
  for (int i = 0; i < 2; ++i) {
    Ends pipe = make_pipe();
    streams.inside.push_back(std::move(pipe.write));
    streams.outside.push_back(std::move(pipe.read));
  }
  return streams;
}

/// What a program's status says by itself.
void classify(Result& result, int status) {
  if (WIFEXITED(status)) {
    result.kind = Result::Kind::kExited;
    result.exit_code = WEXITSTATUS(status);
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
  const unsigned offset = id_offset();
  const std::string directory = "/proc/" + std::to_string(pid_);
  const auto line = [](unsigned inside, unsigned outside) {
    return std::to_string(inside) + ' ' + std::to_string(outside) + " 1";
  };
  write_file(directory + "/uid_map", line(policy.uid, workshop_.first_uid + offset));
  write_file(directory + "/gid_map", line(policy.gid, workshop_.first_gid + offset));
}

std::vector<Descriptor> Cell::open_binds(const std::vector<Bind>& binds) {
  std::vector<Descriptor> mounts;
  for (const auto& bind : binds) {
    mounts.push_back(copy_mount(AT_FDCWD, bind.source, Depth::kThisMount));
    restrict_mount(mounts.back());
    if (image_)
      image_.add_mount_point(bind.target, mounts.back().get());
    else
      workshop_.root.add_mount_point(bind.target, mounts.back().get());
  }
  return mounts;
}

void Cell::send(const Order& order, const std::vector<Descriptor>& first,
                const std::vector<Descriptor>& rest) {
  std::vector<int> descriptors;
  for (const auto* each : {&first, &rest})
    for (const auto& descriptor : *each) descriptors.push_back(descriptor.get());
  switch (send_packet(socket_.get(), encode(order), descriptors, Blocking::kDontWait)) {
    case Transfer::kDone:
      return;
    case Transfer::kWouldBlock:
      throw std::runtime_error("the sandbox's first process is busy");
    case Transfer::kClosed:
      throw std::runtime_error("the sandbox's first process is gone");
  }
}

void Cell::give_tmp(std::unique_ptr<TmpDisk> disk) {
  if (disk != nullptr) {
    new_tmp_ = disk->take_mount();
    checked(::fchownat(new_tmp_.get(), "", workshop_.first_uid + id_offset(),
                       workshop_.first_gid + id_offset(), AT_EMPTY_PATH),
            "cannot hand over /tmp");
  }
  tmp_ = std::move(disk);
}

void Cell::add_new_tmp(std::vector<Descriptor>& mounts) {
  if (new_tmp_) mounts.push_back(std::move(new_tmp_));
}

void Cell::connect(const Egress& egress, std::vector<Bind>& binds) {
  if (egress.kind == Egress::Kind::kNone) return;
  if (workshop_.network == nullptr)
    throw std::runtime_error("egress needs a privileged warden: run martlet as root, or grant no egress");
  link_ = workshop_.network->attach(pid_, egress);
  if (const std::string& file = workshop_.network->resolver_file(); !file.empty())
    binds.push_back({.source = file, .target = "/etc/resolv.conf"});
}

void Cell::start(const Request& request) {
  Policy policy = request.policy;
  id_ = request.id;
  state_ = State::kStarting;
  unfinished_ = policy.unfinished;
  has_main_ = !policy.command.empty();
  cgroup_->limit(policy);
  map_ids(policy);
  connect(policy.egress, policy.binds);
  if (!policy.root.empty()) image_ = ImageRoot(policy.root);
  std::vector<Descriptor> mounts = open_binds(policy.binds);
  if (image_) mounts.insert(mounts.begin(), image_.copy());
  Streams streams = make_streams();
  add_new_tmp(mounts);
  tmp_bytes_ = policy.tmp_bytes;
  send({.kind = Order::Kind::kPolicy, .id = id_, .policy = policy}, streams.inside, mounts);
  for_server_ = std::move(streams.outside);
}

void Cell::order(const Request& request) {
  if (state_ != State::kRunning) throw std::runtime_error("the sandbox has ended");
  if (request.kind == Request::Kind::kFinish) return finish(request);
  if (request.kind == Request::Kind::kSocket) return make_socket(request);
  if (request.kind != Request::Kind::kSignal) return run(request);
  if (is_signal(request.signal))
    send({.kind = Order::Kind::kSignal, .number = request.receiver, .signal = request.signal}, {}, {});
}

void Cell::finish(const Request& request) {
  if (!unfinished_) throw std::runtime_error("the sandbox is finished already");
  if (auto wrong = check_finish(request.finish); !wrong.empty()) throw std::runtime_error(wrong);
  Finish finish = request.finish;
  connect(finish.egress, finish.binds);
  std::vector<Descriptor> mounts = open_binds(finish.binds);
  add_new_tmp(mounts);
  tmp_bytes_ = finish.tmp_bytes;
  send({.kind = Order::Kind::kFinish, .id = request.id, .finish = finish}, mounts, {});
  unfinished_ = false;
  pending_[request.id] = {.kind = request.kind, .descriptors = {}};
  // While the first process is at work. What is half finished is of no use, and says so when it has ended.
  try {
    cgroup_->set_memory(request.finish.memory_bytes);
    cgroup_->set_cpus(request.finish.cpus);
  } catch (const std::exception& error) {
    give_up(error.what());
  }
}

void Cell::run(const Request& request) {
  constexpr std::size_t kMaxPrograms = 64;
  const bool main = request.kind == Request::Kind::kRunMain;
  if (main && has_main_) throw std::runtime_error("the sandbox has a main program already");
  if (programs_.size() + pending_.size() >= kMaxPrograms)
    throw std::runtime_error("too many programs in one sandbox");
  if (auto wrong = check_program(request.program); !wrong.empty()) throw std::runtime_error(wrong);
  Streams streams;
  if (!main) streams = make_streams();
  send({.kind = Order::Kind::kRun,
        .id = request.id,
        .number = main ? 0 : request.id,
        .program = request.program},
       streams.inside, {});
  has_main_ = has_main_ || main;
  pending_[request.id] = {.kind = request.kind, .descriptors = std::move(streams.outside)};
}

void Cell::make_socket(const Request& request) {
  constexpr std::size_t kMaxOrders = 64;
  if (pending_.size() >= kMaxOrders) throw std::runtime_error("too many requests to one sandbox");
  send({.kind = Order::Kind::kSocket, .id = request.id}, {}, {});
  pending_[request.id] = {.kind = request.kind, .descriptors = {}};
}

void Cell::kill() {
  killed_ = true;
  kill_process(pidfd_);
  // Frozen processes of version 1 take the signal only once they are thawed.
  cgroup_->thaw();
  // Dying takes processor time, and the first process, with which the others die, has to share a small quota
  // with as many of them as there are.
  try {
    cgroup_->set_cpus(0);
  } catch (const std::exception&) {
    // Then it takes longer.
  }
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
  take_report(*report, packet.descriptors);
  return Read::kReport;
}

void Cell::take_report(const Report& report, std::vector<Descriptor>& descriptors) {
  switch (report.kind) {
    case Report::Kind::kReady:
      state_ = State::kPrepared;
      break;
    case Report::Kind::kStarted:
      state_ = State::kRunning;
      was_running_ = true;
      for (auto& listener : descriptors) for_server_.push_back(std::move(listener));
      messages_.push_back({{.kind = Reply::Kind::kCreated, .id = id_}, std::move(for_server_)});
      break;
    case Report::Kind::kFailed:
      failure_ = report.text;
      break;
    case Report::Kind::kEnded:
      program_ended(report);
      break;
    case Report::Kind::kDone:
    case Report::Kind::kRefused:
      answer(report, descriptors);
      break;
  }
}

void Cell::answer(const Report& report, std::vector<Descriptor>& received) {
  auto order = pending_.extract(report.id);
  if (!order) return;
  auto& [kind, descriptors] = order.mapped();
  if (report.kind == Report::Kind::kRefused) {
    if (kind == Request::Kind::kRunMain) has_main_ = false;
    messages_.push_back({{.kind = Reply::Kind::kFailed, .id = report.id, .text = report.text}});
    return;
  }
  if (kind == Request::Kind::kRun) programs_.insert(report.id);
  if (kind == Request::Kind::kSocket) descriptors = std::move(received);
  messages_.push_back({{.kind = Reply::Kind::kDone, .id = report.id}, std::move(descriptors)});
}

void Cell::program_ended(const Report& report) {
  if (report.id == 0) {
    main_status_ = report.status;
  } else if (programs_.erase(report.id) > 0) {
    Reply ended{.kind = Reply::Kind::kEnded, .id = report.id};
    classify(ended.result, report.status);
    messages_.push_back({std::move(ended)});
  }
}

void Cell::on_exit() {
  exit_ = reap(pidfd_);
  state_ = State::kEnded;
  ended_at_ = std::chrono::steady_clock::now();
  out_of_memory_kills_ = cgroup_->out_of_memory_kills();
  peak_memory_bytes_ = std::max(peak_memory_bytes_, cgroup_->usage().peak_memory_bytes);
  if (!workshop_.capabilities.memory_limit)
    peak_memory_bytes_ = std::max(peak_memory_bytes_, exit_.peak_memory_bytes);
  const std::string reason = failure_.empty() ? "the sandbox has ended" : failure_;
  for (const auto& [id, order] : pending_)
    messages_.push_back({{.kind = Reply::Kind::kFailed, .id = id, .text = reason}});
  for (const auto id : programs_)
    messages_.push_back({{.kind = Reply::Kind::kEnded,
                          .id = id,
                          .result = {.kind = Result::Kind::kKilled, .signal = SIGKILL, .detail = reason}}});
  pending_.clear();
  programs_.clear();
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

Result Cell::result() const {
  Result result;
  result.peak_memory_bytes = peak_memory_bytes_;
  if (!failure_.empty()) {
    result.kind = Result::Kind::kSetupError;
    result.detail = failure_;
    return result;
  }
  if (main_status_) classify(result, *main_status_);
  if (result.kind == Result::Kind::kExited && out_of_memory_kills_ > 0)
    result.detail =
        std::to_string(out_of_memory_kills_) + " of its processes were killed at the memory limit";
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
