#include "sandbox/descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace martlet::sandbox {

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void throw_errno(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

int checked(int result, const std::string& what) {
  if (result < 0) throw_errno(what);
  return result;
}

std::string read_file(const std::string& path) {
  const Descriptor file(checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "cannot open " + path));
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("cannot read " + path);
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

bool try_write_file(const std::string& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return false;
  ssize_t count;
  do {
    count = ::write(file.get(), text.data(), text.size());
  } while (count < 0 && errno == EINTR);
  return count == static_cast<ssize_t>(text.size());
}

void write_file(const std::string& path, std::string_view text) {
  if (!try_write_file(path, text)) throw_errno("cannot write " + path);
}

namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int) * kMaxPacketDescriptors);

void take_descriptors(msghdr& header, std::vector<Descriptor>& into) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      into.emplace_back(fd);
    }
  }
}

}  // namespace

Transfer send_packet(int socket, std::string_view bytes, const std::vector<int>& descriptors,
                     Blocking blocking) {
  if (bytes.size() > kMaxPacket || descriptors.size() > kMaxPacketDescriptors) return Transfer::kClosed;
  iovec content{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    std::memcpy(CMSG_DATA(part), descriptors.data(), sizeof(int) * descriptors.size());
  }
  const int flags = MSG_NOSIGNAL | (blocking == Blocking::kDontWait ? MSG_DONTWAIT : 0);
  for (;;) {
    if (::sendmsg(socket, &header, flags) >= 0) return Transfer::kDone;
    if (errno == EINTR) continue;
    return errno == EAGAIN ? Transfer::kWouldBlock : Transfer::kClosed;
  }
}

Transfer receive_packet(int socket, Packet& packet, Blocking blocking) {
  packet.descriptors.clear();
  packet.bytes.clear();
  const int wait = blocking == Blocking::kDontWait ? MSG_DONTWAIT : 0;
  // The length first: room for the longest message would cost every sandbox its memory.
  ssize_t length;
  do {
    length = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC | wait);
  } while (length < 0 && errno == EINTR);
  if (length < 0 && errno == EAGAIN) return Transfer::kWouldBlock;
  if (length <= 0 || static_cast<std::size_t>(length) > kMaxPacket) return Transfer::kClosed;

  packet.bytes.resize(static_cast<std::size_t>(length));
  iovec content{packet.bytes.data(), packet.bytes.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count >= 0) take_descriptors(header, packet.descriptors);
  const bool cut = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  return count != length || cut ? Transfer::kClosed : Transfer::kDone;
}

}  // namespace martlet::sandbox
