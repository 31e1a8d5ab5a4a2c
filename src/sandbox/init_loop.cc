#include "sandbox/init_loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "sandbox/confinement.h"
#include "sandbox/image_root.h"

namespace martlet::sandbox {

namespace {

constexpr std::uint64_t kMain = 0;

Descriptor watch_children() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  checked(::sigprocmask(SIG_BLOCK, &children, nullptr), "cannot block signals");
  return Descriptor(checked(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK), "cannot make a signalfd"));
}

}  // namespace

InitLoop::InitLoop(FirstProcess start) : start_(std::move(start)), signals_(watch_children()) {}

void InitLoop::report(const Report& report, const std::vector<Descriptor>& descriptors) {
  std::vector<int> numbers;
  for (const auto& descriptor : descriptors) numbers.push_back(descriptor.get());
  if (send_packet(start_.socket.get(), encode(report), numbers, Blocking::kWait) != Transfer::kDone)
    ::_exit(1);
}

void InitLoop::run() {
  report({.kind = Report::Kind::kReady});
  await_policy();
  for (;;) {
    std::vector<pollfd> events{{start_.socket.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
    for (const auto& each : starting_) events.push_back({each.program.outcome.get(), POLLIN, 0});
    if (::poll(events.data(), events.size(), -1) < 0) {
      if (errno == EINTR) continue;
      throw_errno("cannot wait for events");
    }
    for (std::size_t i = starting_.size(); i > 0; --i)
      if (events[i + 1].revents != 0) settle(i - 1);
    if (events[1].revents != 0 && !reap()) return;
    if (events[0].revents == 0) continue;
    Packet packet;
    const Transfer transfer = receive_packet(start_.socket.get(), packet, Blocking::kDontWait);
    if (transfer == Transfer::kWouldBlock) continue;
    if (transfer == Transfer::kClosed) ::_exit(1);
    auto order = decode_order(packet.bytes);
    if (!order) throw std::runtime_error("malformed order");
    obey(std::move(*order), std::move(packet.descriptors));
  }
}

void InitLoop::await_policy() {
  Packet packet;
  if (receive_packet(start_.socket.get(), packet, Blocking::kWait) != Transfer::kDone) ::_exit(1);
  auto order = decode_order(packet.bytes);
  auto& mounts = packet.descriptors;
  if (!order || order->kind != Order::Kind::kPolicy) throw std::runtime_error("malformed policy");
  const std::size_t without_disk =
      kPolicyStreams + (order->policy.root.empty() ? 0 : 1) + order->policy.binds.size();
  tmp_on_disk_ = mounts.size() == without_disk + 1;
  if (mounts.size() != without_disk && !tmp_on_disk_) throw std::runtime_error("malformed policy");
  policy_ = std::move(order->policy);
  output_ = std::move(mounts[0]);
  error_ = std::move(mounts[1]);
  mounts.erase(mounts.begin(), mounts.begin() + kPolicyStreams);
  if (!policy_.root.empty()) {
    enter_image(mounts.front());
    mounts.erase(mounts.begin());
  }
  const auto listeners = furnish(policy_, mounts);
  if (policy_.unfinished)
    shield();
  else
    confine_itself();
  // Taking an identity made the kernel forget it, and the warden may have ended since.
  die_with_warden();
  pollfd warden{start_.socket.get(), POLLIN, 0};
  if (::poll(&warden, 1, 0) > 0 && (warden.revents & (POLLHUP | POLLERR)) != 0) ::_exit(1);
  if (!policy_.command.empty()) {
    const auto main =
        start_program({policy_.command, policy_.environment, policy_.working_directory}, output_, error_);
    if (const std::string problem = start_failure(main); !problem.empty()) throw std::runtime_error(problem);
    programs_[main.pid] = kMain;
    // Only the program holds its ends of the pipes, so that their readers see its end.
    output_.reset();
    error_.reset();
  }
  // Only the server holds the listeners, so that closing them closes the port.
  report({.kind = Report::Kind::kStarted}, listeners);
}

void InitLoop::confine_itself() {
  confine(*start_.filter);
  confined_ = true;
}

void InitLoop::obey(Order order, std::vector<Descriptor> descriptors) {
  switch (order.kind) {
    case Order::Kind::kPolicy:
      throw std::runtime_error("a second policy");
    case Order::Kind::kFinish:
      return finish(order, descriptors);
    case Order::Kind::kRun:
      return start(order, descriptors);
    case Order::Kind::kSocket:
      return make_socket(order);
    case Order::Kind::kSignal:
      return signal(order);
  }
}

void InitLoop::finish(const Order& order, std::vector<Descriptor>& mounts) {
  const std::size_t without_disk = order.finish.binds.size();
  if (confined_ || mounts.size() < without_disk || mounts.size() > without_disk + 1)
    throw std::runtime_error("malformed finish");
  give_tmp(order.finish.tmp_bytes, mounts.size() > without_disk ? &mounts.back() : nullptr);
  attach_binds(order.finish.binds, mounts);
  policy_.memory_bytes = order.finish.memory_bytes;
  confine_itself();
  die_with_warden();
  // What already runs could not have this limit before it was known.
  if (const rlim_t bytes = data_limit(); bytes > 0) {
    const rlimit limit{bytes, bytes};
    for (const auto& [pid, number] : programs_) ::prlimit(pid, RLIMIT_DATA, &limit, nullptr);
  }
  report({.kind = Report::Kind::kDone, .id = order.id});
}

void InitLoop::give_tmp(std::uint64_t bytes, const Descriptor* disk) {
  const bool same = bytes == policy_.tmp_bytes;
  policy_.tmp_bytes = bytes;
  if (disk != nullptr)
    replace_tmp(*disk);
  else if (!same && tmp_on_disk_)
    mount_tmp(policy_);
  else if (!same)
    resize_tmp(bytes);
}

void InitLoop::start(const Order& order, std::vector<Descriptor>& streams) {
  const bool main = order.number == kMain;
  if (streams.size() != (main ? 0 : 2) || (main && !output_)) throw std::runtime_error("malformed start");
  try {
    Starting starting{start_program(order.program, main ? output_ : streams[0], main ? error_ : streams[1]),
                      order.id};
    programs_[starting.program.pid] = order.number;
    starting_.push_back(std::move(starting));
  } catch (const std::exception& error) {
    report({.kind = Report::Kind::kRefused, .id = order.id, .text = error.what()});
  }
}

void InitLoop::settle(std::size_t index) {
  const Starting starting = std::move(starting_[index]);
  starting_.erase(starting_.begin() + static_cast<std::ptrdiff_t>(index));
  const auto program = programs_.find(starting.program.pid);
  if (const std::string problem = start_failure(starting.program); !problem.empty()) {
    programs_.erase(program);
    return report({.kind = Report::Kind::kRefused, .id = starting.order, .text = problem});
  }
  if (program->second == kMain) {
    output_.reset();
    error_.reset();
  }
  report({.kind = Report::Kind::kDone, .id = starting.order});
}

void InitLoop::make_socket(const Order& order) {
  // The server connects it itself: a listener with a full queue must not hold up this process.
  std::vector<Descriptor> made;
  made.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.front())
    return report({.kind = Report::Kind::kRefused, .id = order.id, .text = "cannot make a socket"});
  report({.kind = Report::Kind::kDone, .id = order.id}, made);
}

void InitLoop::signal(const Order& order) {
  // Nobody else reaps, so the number belongs to that program as long as it is in the map.
  for (const auto& [pid, number] : programs_)
    if (number == order.number) ::kill(pid, order.signal);
}

bool InitLoop::reap() {
  signalfd_siginfo ignored;
  while (::read(signals_.get(), &ignored, sizeof ignored) > 0) {
  }
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended < 0 && errno == EINTR) continue;
    if (ended <= 0) return true;
    for (std::size_t i = starting_.size(); i > 0; --i)
      if (starting_[i - 1].program.pid == ended) settle(i - 1);
    const auto program = programs_.extract(ended);
    if (!program) continue;
    report({.kind = Report::Kind::kEnded, .id = program.mapped(), .status = status});
    if (program.mapped() == kMain) return false;
  }
}

StartingProgram InitLoop::start_program(const Program& program, const Descriptor& output,
                                        const Descriptor& error) {
  return sandbox::start_program(program,
                                {.max_processes = policy_.max_processes,
                                 .max_open_files = policy_.max_open_files,
                                 .data_bytes = confined_ ? data_limit() : 0},
                                output, error, confined_ ? nullptr : start_.filter);
}

/// Interpreters reserve far more than they use, so this only stops a single process that grows without end.
std::uint64_t InitLoop::data_limit() const {
  return start_.memory_is_limited ? 0 : policy_.memory_bytes * 2 + (512ULL << 20);
}

}  // namespace martlet::sandbox
