#pragma once

// Descriptor owns a file descriptor; the helpers beside it are the few things both ends of the warden's
// sockets need. Plain synchronous code: the warden and the processes it starts use it, and so does the
// server's side.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::sandbox {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

/// Throws std::runtime_error: `what`, a colon, and the text of errno.
[[noreturn]] void throw_errno(const std::string& what);

/// Passes `result` on unless it is negative: then throw_errno(what).
int checked(int result, const std::string& what);

/// The whole content of a small file; throws when it cannot be read.
std::string read_file(const std::string& path);

/// Writes `text` in one write call, as kernel files want it. False (errno set) when that fails.
bool try_write_file(const std::string& path, std::string_view text);
void write_file(const std::string& path, std::string_view text);

/// One message of a SOCK_SEQPACKET socket with the descriptors that came along.
struct Packet {
  std::string bytes;
  std::vector<Descriptor> descriptors;
};

/// Longest message either side accepts.
inline constexpr std::size_t kMaxPacket = 192 * 1024;
/// Most descriptors in one message.
inline constexpr std::size_t kMaxPacketDescriptors = 120;

enum class Transfer { kDone, kWouldBlock, kClosed };
enum class Blocking { kWait, kDontWait };

/// Sends one message. kClosed when the other side is gone or the message cannot be sent at all.
Transfer send_packet(int socket, std::string_view bytes, const std::vector<int>& descriptors,
                     Blocking blocking);

/// Receives one message into `packet`; received descriptors are close-on-exec. A message that was cut off
/// counts as kClosed: the two sides no longer agree.
Transfer receive_packet(int socket, Packet& packet, Blocking blocking);

}  // namespace martlet::sandbox
