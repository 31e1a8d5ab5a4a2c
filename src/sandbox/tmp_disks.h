#pragma once

// TmpDisks is the warden's stock of file systems for /tmp. On a disk, what a sandbox writes does not count
// against its memory. What is promised to all sandboxes together never exceeds what the disk has to give:
// where it would, or where the machine cannot do it, /tmp lies in memory. Single-threaded; in the warden.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/disk_maker.h"

namespace martlet::sandbox {

/// A file system for one /tmp, with its space promised. Unmounting takes the kernel tens of milliseconds, in
/// whichever process lets go of it last: that is always its maker, which is told when this is destroyed.
class TmpDisk {
 public:
  TmpDisk(std::uint64_t number, std::uint64_t size, std::shared_ptr<std::uint64_t> promised,
          std::shared_ptr<const Descriptor> maker);
  ~TmpDisk();
  TmpDisk(const TmpDisk&) = delete;
  TmpDisk& operator=(const TmpDisk&) = delete;

  [[nodiscard]] std::uint64_t number() const { return number_; }
  void arrived(Descriptor mount) { mount_ = std::move(mount); }
  /// The unattached mount, once.
  Descriptor take_mount() { return std::move(mount_); }

 private:
  std::uint64_t number_;
  std::uint64_t size_;
  std::shared_ptr<std::uint64_t> promised_;
  std::shared_ptr<const Descriptor> maker_;
  Descriptor mount_;
};

class TmpDisks {
 public:
  /// Images go below `run_directory`.
  explicit TmpDisks(std::string run_directory);
  ~TmpDisks();
  TmpDisks(const TmpDisks&) = delete;
  TmpDisks& operator=(const TmpDisks&) = delete;

  /// Starts the process that makes them; without it, and where it cannot be had, everything lies in memory.
  void open();
  /// To watch for disks that come; -1 when none will.
  [[nodiscard]] int socket() const { return maker_ ? maker_->get() : -1; }
  /// Takes in what has come. False when no more will: stop watching.
  bool receive();

  /// Announces that a disk of this size will be taken; it is made unless there is one.
  void want(std::uint64_t bytes);
  /// Takes back a want().
  void unwant(std::uint64_t bytes);
  /// Whether take() has what was wanted: a disk, or the insight that there will be none.
  [[nodiscard]] bool has(std::uint64_t bytes) const;
  /// Ends a want(). Null: /tmp is to lie in memory.
  std::unique_ptr<TmpDisk> take(std::uint64_t bytes);

  /// Keeps disks of the usual size ready.
  [[nodiscard]] bool lacks_spare() const;
  void make_spare();

 private:
  struct Stock {
    std::vector<std::unique_ptr<TmpDisk>> ready{};
    std::vector<std::unique_ptr<TmpDisk>> ordered{};
    std::size_t wanted = 0;
  };

  bool order(std::uint64_t bytes);
  std::unique_ptr<TmpDisk> promise(std::uint64_t bytes);
  void close(const std::string& why);

  std::string run_directory_;
  pid_t maker_pid_ = -1;
  std::shared_ptr<const Descriptor> maker_;  ///< its socket; null without it
  std::map<std::uint64_t, Stock> stocks_;    ///< by size
  std::shared_ptr<std::uint64_t> promised_ = std::make_shared<std::uint64_t>(0);
  std::uint64_t last_number_ = 0;
  bool warned_ = false;
  /// The last order was impossible; the next want() tries again.
  bool out_of_room_ = false;
};

}  // namespace martlet::sandbox
