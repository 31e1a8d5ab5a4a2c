#include "sandbox/tmp_disks.h"

#include <linux/magic.h>
#include <signal.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"

namespace martlet::sandbox {

namespace {

constexpr std::uint64_t kUsualBytes = 512ULL << 20;
constexpr std::size_t kSpareDisks = 4;
/// Left to everybody else: this much and a twentieth of the file system.
constexpr std::uint64_t kReserve = 1ULL << 30;

/// What all images together may take now; 0 when the directory is no disk.
std::uint64_t room(const std::string& directory) {
  struct statfs status{};
  if (::statfs(directory.c_str(), &status) != 0) return 0;
  if (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC) return 0;
  const auto block = static_cast<std::uint64_t>(status.f_bsize);
  const std::uint64_t reserve = kReserve + status.f_blocks * block / 20;
  const std::uint64_t available = status.f_bavail * block;
  return available > reserve ? available - reserve : 0;
}

}  // namespace

TmpDisk::TmpDisk(std::uint64_t number, std::uint64_t size, std::shared_ptr<std::uint64_t> promised,
                 std::shared_ptr<const Descriptor> maker)
    : number_(number), size_(size), promised_(std::move(promised)), maker_(std::move(maker)) {
  *promised_ += size_;
}

TmpDisk::~TmpDisk() {
  *promised_ -= size_;
  mount_.reset();
  send_packet(maker_->get(), encode(DiskMessage{.number = number_}), {}, Blocking::kWait);
}

TmpDisks::TmpDisks(std::string run_directory) : run_directory_(std::move(run_directory)) {}

TmpDisks::~TmpDisks() {
  stocks_.clear();
  maker_.reset();
  // It unmounts what it was given back, sees the end of its socket, and ends.
  while (maker_pid_ > 0 && ::waitpid(maker_pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void TmpDisks::open() {
  if (::access("/dev/loop-control", R_OK | W_OK) != 0 || room(run_directory_) == 0) return;
  try {
    DiskMaker maker = fork_disk_maker(run_directory_);
    maker_pid_ = maker.pid;
    maker_ = std::make_shared<const Descriptor>(std::move(maker.socket));
  } catch (const std::exception& error) {
    close(error.what());
  }
}

void TmpDisks::close(const std::string& why) {
  if (!why.empty())
    log::warning("/tmp of functions lies in memory from now on and counts against theirs", {{"reason", why}});
  for (auto& [bytes, stock] : stocks_) {
    stock.ready.clear();
    stock.ordered.clear();
  }
  // Its end comes when the last sandbox that has one of its disks is gone.
  maker_.reset();
}

bool TmpDisks::receive() {
  Packet packet;
  for (;;) {
    const Transfer transfer = receive_packet(maker_->get(), packet, Blocking::kDontWait);
    if (transfer == Transfer::kWouldBlock) return true;
    auto message = transfer == Transfer::kDone ? decode_disk_message(packet.bytes) : std::nullopt;
    if (!message || packet.descriptors.size() != 1) {
      close(message ? message->text : "the process that makes disks has ended");
      return false;
    }
    Stock& stock = stocks_[message->bytes];
    const auto disk =
        std::ranges::find(stock.ordered, message->number, [](const auto& each) { return each->number(); });
    if (disk == stock.ordered.end()) continue;
    (*disk)->arrived(std::move(packet.descriptors.front()));
    stock.ready.push_back(std::move(*disk));
    stock.ordered.erase(disk);
  }
}

std::unique_ptr<TmpDisk> TmpDisks::promise(std::uint64_t bytes) {
  const std::uint64_t size = image_bytes(bytes);
  if (*promised_ + size > room(run_directory_)) {
    if (!warned_)
      log::warning(
          "too little disk space for another /tmp: it lies in memory, and counts against the function's",
          {{"directory", run_directory_}, {"promised_mb", std::to_string(*promised_ >> 20)}});
    warned_ = true;
    return nullptr;
  }
  warned_ = false;
  return std::make_unique<TmpDisk>(++last_number_, size, promised_, maker_);
}

bool TmpDisks::order(std::uint64_t bytes) {
  if (!maker_) return false;
  auto promised = promise(bytes);
  out_of_room_ = promised == nullptr;
  if (out_of_room_) return false;
  if (send_packet(maker_->get(), encode(DiskMessage{.bytes = bytes, .number = promised->number()}), {},
                  Blocking::kDontWait) != Transfer::kDone)
    return false;
  stocks_[bytes].ordered.push_back(std::move(promised));
  return true;
}

void TmpDisks::want(std::uint64_t bytes) {
  Stock& stock = stocks_[bytes];
  if (stock.ready.size() + stock.ordered.size() <= stock.wanted) order(bytes);
  ++stock.wanted;
}

void TmpDisks::unwant(std::uint64_t bytes) {
  Stock& stock = stocks_[bytes];
  if (stock.wanted > 0) --stock.wanted;
  // Only the usual size is likely to be wanted again.
  if (bytes != kUsualBytes && stock.ready.size() > stock.wanted) stock.ready.pop_back();
}

bool TmpDisks::has(std::uint64_t bytes) const {
  const auto found = stocks_.find(bytes);
  return found == stocks_.end() || !found->second.ready.empty() || found->second.ordered.empty();
}

std::unique_ptr<TmpDisk> TmpDisks::take(std::uint64_t bytes) {
  Stock& stock = stocks_[bytes];
  std::unique_ptr<TmpDisk> disk;
  if (!stock.ready.empty()) {
    disk = std::move(stock.ready.back());
    stock.ready.pop_back();
  }
  unwant(bytes);
  return disk;
}

bool TmpDisks::lacks_spare() const {
  if (!maker_ || out_of_room_) return false;
  const auto found = stocks_.find(kUsualBytes);
  if (found == stocks_.end()) return true;
  const Stock& stock = found->second;
  return stock.ready.size() + stock.ordered.size() < stock.wanted + kSpareDisks;
}

void TmpDisks::make_spare() {
  while (lacks_spare())
    if (!order(kUsualBytes)) return;
}

}  // namespace martlet::sandbox
