#pragma once

// A process beside the warden that makes file systems for /tmp: sparse image files, already unlinked, with an
// ext4 each, mounted through a loop device that goes away with the mount. Making one takes milliseconds that
// are spent waiting for the kernel, so several are made at the same time and the warden waits for none.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "sandbox/descriptor.h"

namespace martlet::sandbox {

struct DiskMaker {
  pid_t pid = -1;
  /// Takes orders and gives disks; closing it ends the process.
  Descriptor socket{};
};

/// One message in either direction. An order for zero bytes gives the disk of that number back. A disk comes
/// with its unattached mount; without one, `text` says why.
struct DiskMessage {
  std::uint64_t bytes = 0;
  std::uint64_t number = 0;
  std::string text{};
};
std::string encode(const DiskMessage& message);
std::optional<DiskMessage> decode_disk_message(std::string_view bytes);

/// Size of the image whose file system has room for that many bytes of files.
std::uint64_t image_bytes(std::uint64_t bytes);

/// Forks it. Images are made in `directory`, which must be on a disk.
DiskMaker fork_disk_maker(const std::string& directory);

}  // namespace martlet::sandbox
