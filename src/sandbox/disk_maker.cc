#include "sandbox/disk_maker.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sandbox/kernel.h"
#include "sandbox/process_tree.h"

namespace martlet::sandbox {

namespace {

// They wait more than they work.
constexpr int kThreads = 4;
constexpr std::uint64_t kBlock = 4096;

/// A file without a name in a directory.
Descriptor make_image(const Descriptor& directory, std::uint64_t size) {
  Descriptor image(::openat(directory.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!image) throw_errno("cannot make a file for /tmp");
  checked(::ftruncate(image.get(), static_cast<off_t>(size)), "cannot make a file for /tmp");
  return image;
}

void run_mkfs(const Descriptor& image, std::uint64_t bytes) {
  const std::string files = std::to_string(std::max<std::uint64_t>(1024, bytes / (4 * kBlock)));
  const pid_t pid = checked(::fork(), "cannot start mkfs.ext4");
  if (pid == 0) {
    constexpr int kImage = 3;
    // dup2 onto itself would keep the close-on-exec flag.
    if (image.get() == kImage)
      ::fcntl(kImage, F_SETFD, 0);
    else
      ::dup2(image.get(), kImage);
    ::dup2(STDIN_FILENO, STDERR_FILENO);
    for (const char* program : {"/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4"})
      ::execl(program, "mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", "-N", files.c_str(), "-O",
              "^has_journal,^resize_inode,^metadata_csum,uninit_bg", "-E", "lazy_itable_init=1,nodiscard",
              "/proc/self/fd/3", nullptr);
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) throw std::runtime_error("there is no mkfs.ext4");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("mkfs.ext4 failed");
}

/// Copies what is not a hole: some hundred kilobytes, whatever the size.
void copy_extents(const Descriptor& from, const Descriptor& to) {
  for (off_t end = 0;;) {
    off_t at = ::lseek(from.get(), end, SEEK_DATA);
    if (at < 0) return;
    end = ::lseek(from.get(), at, SEEK_HOLE);
    if (end < 0) throw_errno("cannot copy a file system");
    std::array<char, 65536> piece;
    while (at < end) {
      const auto wanted = std::min<std::size_t>(piece.size(), static_cast<std::size_t>(end - at));
      const ssize_t count = ::pread(from.get(), piece.data(), wanted, at);
      if (count <= 0 || ::pwrite(to.get(), piece.data(), static_cast<std::size_t>(count), at) != count)
        throw_errno("cannot copy a file system");
      at += count;
    }
  }
}

/// A loop device over the image; it is let go when nothing uses it any more.
Descriptor attach_loop(const Descriptor& image, std::string& path) {
  const Descriptor control(checked(::open("/dev/loop-control", O_RDWR | O_CLOEXEC), "no loop devices"));
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(image.get());
  config.block_size = kBlock;
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  // Others may take the device between the two calls.
  for (int attempts = 0; attempts < 100; ++attempts) {
    const int number = checked(::ioctl(control.get(), LOOP_CTL_GET_FREE), "cannot have a loop device");
    path = "/dev/loop" + std::to_string(number);
    Descriptor device(checked(::open(path.c_str(), O_RDWR | O_CLOEXEC), "cannot open " + path));
    if (::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) return device;
    if (errno != EBUSY) throw_errno("cannot set up " + path);
  }
  throw std::runtime_error("all loop devices are busy");
}

Descriptor mount_ext4(const std::string& device) {
  const Descriptor context(checked(::fsopen("ext4", FSOPEN_CLOEXEC), "cannot mount ext4"));
  checked(::fsconfig(context.get(), FSCONFIG_SET_STRING, "source", device.c_str(), 0), "cannot mount ext4");
  // The tables of a new sparse file are zeros already.
  checked(::fsconfig(context.get(), FSCONFIG_SET_FLAG, "noinit_itable", nullptr, 0), "cannot mount ext4");
  checked(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), "cannot mount ext4");
  return Descriptor(checked(
      ::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME),
      "cannot mount ext4"));
}

class Workbench {
 public:
  explicit Workbench(Descriptor directory) : directory_(std::move(directory)) {}

  /// The mount stays the workbench's until let_go().
  int make(const DiskMessage& order) {
    Descriptor mount = make(order.bytes);
    const int number = mount.get();
    const std::lock_guard lock(mutex_);
    made_[order.number] = std::move(mount);
    return number;
  }

  /// Unmounts, if it is gone everywhere else, which takes the kernel tens of milliseconds.
  void let_go(std::uint64_t number) {
    const Descriptor mount = [&] {
      const std::lock_guard lock(mutex_);
      const auto found = made_.extract(number);
      return found ? std::move(found.mapped()) : Descriptor();
    }();
  }

 private:
  Descriptor make(std::uint64_t bytes) {
    const Descriptor image = make_image(directory_, image_bytes(bytes));
    copy_extents(pattern(bytes), image);
    std::string path;
    const Descriptor device = attach_loop(image, path);
    Descriptor mount = mount_ext4(path);
    const Descriptor top(
        checked(::openat(mount.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cannot open /tmp"));
    ::unlinkat(top.get(), "lost+found", AT_REMOVEDIR);
    checked(::fchmod(top.get(), 01777), "cannot prepare /tmp");
    return mount;
  }

  /// An image as mkfs.ext4 leaves it, made once per size.
  const Descriptor& pattern(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    Descriptor& known = patterns_[bytes];
    if (!known) {
      Descriptor image = make_image(directory_, image_bytes(bytes));
      run_mkfs(image, bytes);
      known = std::move(image);
    }
    return known;
  }

  Descriptor directory_;
  std::mutex mutex_;
  std::map<std::uint64_t, Descriptor> patterns_;  ///< by size
  std::map<std::uint64_t, Descriptor> made_;      ///< by number
};

void serve_orders(Workbench& bench, int socket) {
  Packet packet;
  while (receive_packet(socket, packet, Blocking::kWait) == Transfer::kDone) {
    auto message = decode_disk_message(packet.bytes);
    if (!message) return;
    if (message->bytes == 0) {
      bench.let_go(message->number);
      continue;
    }
    std::vector<int> descriptors;
    try {
      descriptors.push_back(bench.make(*message));
    } catch (const std::exception& error) {
      message->text = error.what();
    }
    if (send_packet(socket, encode(*message), descriptors, Blocking::kWait) != Transfer::kDone) return;
  }
}

[[noreturn]] void run(Descriptor directory, const Descriptor& socket) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  set_process_title("martlet-disks");
  Workbench bench(std::move(directory));
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&] { serve_orders(bench, socket.get()); });
  for (auto& thread : threads) thread.join();
  ::_exit(0);
}

}  // namespace

std::string encode(const DiskMessage& message) {
  const std::array numbers{message.bytes, message.number};
  return std::string(reinterpret_cast<const char*>(numbers.data()), sizeof numbers) + message.text;
}

std::optional<DiskMessage> decode_disk_message(std::string_view bytes) {
  std::array<std::uint64_t, 2> numbers{};
  if (bytes.size() < sizeof numbers) return std::nullopt;
  std::memcpy(numbers.data(), bytes.data(), sizeof numbers);
  return DiskMessage{numbers[0], numbers[1], std::string(bytes.substr(sizeof numbers))};
}

std::uint64_t image_bytes(std::uint64_t bytes) {
  // Tables, bitmaps, and the two per cent that ext4 keeps back from everyone.
  const std::uint64_t size = bytes + bytes / 24 + (1U << 20);
  return (size + kBlock - 1) / kBlock * kBlock;
}

DiskMaker fork_disk_maker(const std::string& directory) {
  Descriptor place(checked(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                           "cannot open " + directory));
  int ends[2];
  checked(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "cannot make a socket");
  // Room for the orders and the answers of a burst, so that neither side waits for the other.
  const int room = 4 << 20;
  for (const int end : ends) ::setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  Descriptor warden(ends[0]);
  Descriptor maker(ends[1]);
  const pid_t pid = checked(::fork(), "cannot fork");
  if (pid == 0) {
    close_all_but({place.get(), maker.get()});
    run(std::move(place), maker);
  }
  return {pid, std::move(warden)};
}

}  // namespace martlet::sandbox
