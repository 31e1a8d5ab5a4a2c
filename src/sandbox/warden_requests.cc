// The part of the warden's loop that carries out what the server asks for.

#include <sys/epoll.h>

#include <algorithm>

#include "sandbox/privileges.h"
#include "sandbox/warden_loop.h"

namespace martlet::sandbox {

void WardenLoop::reply(const Reply& reply, const std::vector<Descriptor>& descriptors) {
  std::vector<int> numbers;
  for (const auto& descriptor : descriptors) numbers.push_back(descriptor.get());
  if (send_packet(control_.get(), encode(reply), numbers, Blocking::kWait) != Transfer::kDone) open_ = false;
}

void WardenLoop::fail(std::uint64_t id, const std::string& text) {
  reply({.kind = Reply::Kind::kFailed, .id = id, .text = text});
}

Cell* WardenLoop::find(std::uint64_t id) {
  for (auto& [slot, cell] : cells_)
    if (cell->id() == id) return cell.get();
  return nullptr;
}

Cell* WardenLoop::prepared_cell() {
  for (auto& [slot, cell] : cells_)
    if (cell->state() == Cell::State::kPrepared) return cell.get();
  return nullptr;
}

std::size_t WardenLoop::cells_in(Cell::State state) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cells_, [&](const auto& entry) { return entry.second->state() == state; }));
}

void WardenLoop::serve(Request request) {
  const bool answered = request.kind != Request::Kind::kKill && request.kind != Request::Kind::kSignal;
  if (request.kind == Request::Kind::kCreate) return create(std::move(request));
  Cell* cell = find(request.sandbox);
  if (cell == nullptr || request.sandbox == 0) {
    const auto waiting = std::ranges::find(waiting_, request.sandbox, &Request::id);
    if (waiting != waiting_.end() && request.kind == Request::Kind::kKill) {
      disks_.unwant(waiting->policy.tmp_bytes);
      waiting_.erase(waiting);
      return fail(request.sandbox, "killed on request");
    }
    if (answered) fail(request.id, "the sandbox has ended");
    return;
  }
  try {
    act(request, *cell);
  } catch (const std::exception& error) {
    if (answered) fail(request.id, error.what());
  }
}

void WardenLoop::act(const Request& request, Cell& cell) {
  Reply done{.kind = Reply::Kind::kDone, .id = request.id};
  switch (request.kind) {
    case Request::Kind::kCreate:
      return;
    case Request::Kind::kKill:
      return cell.kill();
    case Request::Kind::kFinish:
      if (!cell.wants_another_tmp(request.finish)) return cell.order(request);
      disks_.want(request.finish.tmp_bytes);
      finishing_.push_back(request);
      return finish_cells();
    case Request::Kind::kRunMain:
    case Request::Kind::kRun:
    case Request::Kind::kSocket:
    case Request::Kind::kSignal:
      return cell.order(request);
    case Request::Kind::kFreeze:
      // What is being killed goes on until it is dead.
      if (!cell.killed()) cell.cgroup().freeze();
      break;
    case Request::Kind::kThaw:
      cell.cgroup().thaw();
      break;
    case Request::Kind::kSetCpus:
      if (!cell.killed()) cell.cgroup().set_cpus(request.cpus);
      break;
    case Request::Kind::kResetPeak:
      cell.reset_peak();
      break;
    case Request::Kind::kUsage:
      done.kind = Reply::Kind::kUsage;
      done.usage = cell.usage();
      break;
  }
  reply(done);
}

void WardenLoop::create(Request request) {
  if (request.id == 0 || find(request.id) != nullptr) return fail(request.id, "the request's id is in use");
  if (auto wrong = check_policy(request.policy); !wrong.empty()) return fail(request.id, wrong);
  in_use_ = true;
  const std::uint64_t id = request.id;
  disks_.want(request.policy.tmp_bytes);
  waiting_.push_back(std::move(request));
  assign();
  if (cells_in(Cell::State::kPreparing) + cells_in(Cell::State::kPrepared) >= waiting_.size()) return;
  try {
    add_cell();
  } catch (const std::exception& error) {
    const auto waiting = std::ranges::find(waiting_, id, &Request::id);
    if (waiting != waiting_.end()) {
      disks_.unwant(waiting->policy.tmp_bytes);
      waiting_.erase(waiting);
    }
    fail(id, error.what());
  }
}

Cell& WardenLoop::add_cell() {
  if (cells_.size() >= kMaxCells) throw std::runtime_error("too many sandboxes at the same time");
  unsigned slot = 1;
  for (const auto& [used, cell] : cells_) {
    if (used != slot) break;
    ++slot;
  }
  auto& cell = *(cells_[slot] =
                     std::make_unique<Cell>(workshop_, slot, workshop_.cgroups->make(std::to_string(slot))));
  watch(cell.socket(), std::uint64_t{slot} << 1);
  watch(cell.pidfd(), std::uint64_t{slot} << 1 | 1);
  return cell;
}

void WardenLoop::assign() {
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    Cell* cell = prepared_cell();
    if (cell == nullptr) return;
    if (!disks_.has(it->policy.tmp_bytes)) {
      ++it;
      continue;
    }
    const Request request = std::move(*it);
    it = waiting_.erase(it);
    start(*cell, request);
  }
}

void WardenLoop::finish_cells() {
  for (auto it = finishing_.begin(); it != finishing_.end();) {
    if (!disks_.has(it->finish.tmp_bytes)) {
      ++it;
      continue;
    }
    const Request request = std::move(*it);
    it = finishing_.erase(it);
    std::unique_ptr<TmpDisk> disk = disks_.take(request.finish.tmp_bytes);
    Cell* cell = find(request.sandbox);
    try {
      if (cell == nullptr) throw std::runtime_error("the sandbox has ended");
      cell->give_tmp(std::move(disk));
      cell->order(request);
    } catch (const std::exception& error) {
      fail(request.id, error.what());
    }
  }
}

void WardenLoop::on_disks() {
  const int socket = disks_.socket();
  if (!disks_.receive()) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
  assign();
  finish_cells();
}

void WardenLoop::start(Cell& cell, const Request& request) {
  try {
    cell.give_tmp(disks_.take(request.policy.tmp_bytes));
    cell.start(request);
  } catch (const std::exception& error) {
    // Its end is reported when its first process is gone.
    cell.give_up(error.what());
  }
}

}  // namespace martlet::sandbox
