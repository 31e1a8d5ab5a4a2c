#include "sandbox/warden_loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "base/log.h"

namespace martlet::sandbox {

namespace {

/// Cells kept ready, so that a sandbox need not wait for namespaces and, on version 1, for its cgroups.
constexpr std::size_t kSpareCells = 4;
/// How long nothing must happen before a spare is made: what was just started has the processors first.
constexpr int kCalmMs = 3;
/// A cgroup that is still busy after its last process is tried again this often, for this long.
constexpr int kRemovalMs = 2;
constexpr std::chrono::seconds kRemovalPatience{2};

// Tags of epoll events: a slot shifted left once, the lowest bit telling exit from report. Slots start at 1.
constexpr std::uint64_t kControlTag = 0;
constexpr std::uint64_t kSignalTag = 1;
// Of a slot that no cell has.
constexpr std::uint64_t kDisksTag = ~std::uint64_t{0};

}  // namespace

WardenLoop::WardenLoop(Workshop workshop, const std::string& run_directory, Descriptor control,
                       Descriptor signals)
    : workshop_(std::move(workshop)),
      control_(std::move(control)),
      signals_(std::move(signals)),
      disks_(run_directory) {
  epoll_ = Descriptor(checked(::epoll_create1(EPOLL_CLOEXEC), "cannot make an epoll instance"));
  watch(control_.get(), kControlTag);
  watch(signals_.get(), kSignalTag);
}

WardenLoop::~WardenLoop() {
  // All are told to die before the first is waited for.
  for (auto& [slot, cell] : cells_)
    if (cell->state() != Cell::State::kEnded) cell->kill();
  for (auto& [slot, cell] : cells_) {
    if (cell->state() != Cell::State::kEnded) cell->on_exit();
    while (!cell->remove() && std::chrono::steady_clock::now() - cell->ended_at() < kRemovalPatience)
      ::poll(nullptr, 0, kRemovalMs);
  }
  cells_.clear();
}

void WardenLoop::watch(int descriptor, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event), "cannot watch a descriptor");
}

std::string WardenLoop::probe() {
  try {
    Cell cell(workshop_, 1, no_cgroup());
    pollfd report{cell.socket(), POLLIN, 0};
    constexpr int kLongEnoughMs = 10'000;
    ::poll(&report, 1, kLongEnoughMs);
    while (cell.read_report() == Cell::Read::kReport) {
    }
    if (cell.state() == Cell::State::kPrepared) return {};
    return cell.failure().empty() ? "a sandbox's first process did not start" : cell.failure();
  } catch (const std::exception& error) {
    return error.what();
  }
}

void WardenLoop::run() {
  Reply hello{.kind = Reply::Kind::kHello};
  hello.capabilities = workshop_.capabilities;
  reply(hello);
  // Takes some milliseconds, which the server need not wait for: its requests do.
  workshop_.filter = std::make_unique<SystemCallFilter>();
  if (workshop_.capabilities.privileged) disks_.open();
  if (disks_.socket() >= 0) watch(disks_.socket(), kDisksTag);
  std::array<epoll_event, 64> events;
  while (open_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
    if (count < 0 && errno != EINTR) throw_errno("cannot wait for events");
    for (int i = 0; i < count && open_; ++i) on_event(events[static_cast<std::size_t>(i)].data.u64);
    retry_removals();
    if (count == 0) prepare_spare();
  }
}

int WardenLoop::patience() const {
  if (cells_in(Cell::State::kEnded) > 0) return kRemovalMs;
  const std::size_t spare = cells_in(Cell::State::kPreparing) + cells_in(Cell::State::kPrepared);
  return in_use_ && (spare < kSpareCells || disks_.lacks_spare()) ? kCalmMs : -1;
}

void WardenLoop::retry_removals() {
  std::vector<Cell*> ended;
  for (auto& [slot, cell] : cells_)
    if (cell->state() == Cell::State::kEnded) ended.push_back(cell.get());
  for (Cell* cell : ended) finish(*cell);
}

void WardenLoop::prepare_spare() {
  if (patience() != kCalmMs) return;
  disks_.make_spare();
  if (cells_in(Cell::State::kPreparing) + cells_in(Cell::State::kPrepared) >= kSpareCells) return;
  try {
    add_cell();
  } catch (const std::exception& error) {
    // The next request finds out whether this lasts.
    log::warning("cannot prepare a sandbox", {{"error", error.what()}});
    in_use_ = false;
  }
}

void WardenLoop::on_event(std::uint64_t tag) {
  if (tag == kSignalTag) {
    open_ = false;
    return;
  }
  if (tag == kControlTag) return on_control();
  if (tag == kDisksTag) return on_disks();
  const auto found = cells_.find(static_cast<unsigned>(tag >> 1));
  // An earlier event of the same round may have ended it.
  if (found == cells_.end()) return;
  if ((tag & 1) != 0)
    on_exit(*found->second);
  else
    on_report(*found->second);
}

void WardenLoop::on_control() {
  Packet packet;
  while (open_) {
    const Transfer transfer = receive_packet(control_.get(), packet, Blocking::kDontWait);
    if (transfer == Transfer::kWouldBlock) return;
    auto request = transfer == Transfer::kDone ? decode_request(packet.bytes) : std::nullopt;
    if (!request) {
      open_ = false;
      return;
    }
    serve(std::move(*request));
  }
}

void WardenLoop::on_report(Cell& cell) {
  while (cell.read_report() == Cell::Read::kReport) {
  }
  pass_messages(cell);
  if (cell.state() == Cell::State::kPrepared) assign();
}

void WardenLoop::pass_messages(Cell& cell) {
  for (const auto& [message, descriptors] : cell.take_messages()) reply(message, descriptors);
}

void WardenLoop::on_exit(Cell& cell) {
  if (cell.state() == Cell::State::kEnded) return;
  on_report(cell);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, cell.pidfd(), nullptr);
  cell.on_exit();
  pass_messages(cell);
  finish(cell);
}

void WardenLoop::finish(Cell& cell) {
  if (!cell.remove()) {
    if (std::chrono::steady_clock::now() - cell.ended_at() < kRemovalPatience) return;
    log::error("a cgroup cannot be removed", {{"slot", std::to_string(cell.slot())}});
  }
  const Result result = cell.result();
  const std::uint64_t id = cell.id();
  const bool was_running = cell.was_running();
  cells_.erase(cell.slot());
  if (id == 0 && !waiting_.empty()) {
    // A cell that died while it was being prepared: what waited for it learns why.
    disks_.unwant(waiting_.front().policy.tmp_bytes);
    fail(waiting_.front().id, result.detail);
    waiting_.pop_front();
  } else if (id != 0 && was_running) {
    reply({.kind = Reply::Kind::kEnded, .id = id, .result = result});
  } else if (id != 0) {
    fail(id, result.detail);
  }
}

}  // namespace martlet::sandbox
