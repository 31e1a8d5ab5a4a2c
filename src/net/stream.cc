#include "net/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace martlet::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;

constexpr auto kValues = asio::as_tuple(asio::use_awaitable);

Socket adopt_socket(Executor executor, int fd) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length);
  if (local.ss_family != AF_UNIX) {
    const int on = 1;  // answers are written whole: waiting to fill a packet would only delay them
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Socket socket(std::move(executor), asio::generic::stream_protocol(local.ss_family, 0), fd);
  socket.non_blocking(true);
  return socket;
}

std::string address_text(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text, sizeof text);
  } else if (peer.ss_family == AF_INET6) {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address))
      inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof text);
    else
      inet_ntop(AF_INET6, &address, text, sizeof text);
  } else {
    return "unix";
  }
  return text;
}

std::string peer_of(int fd) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return {};
  return address_text(peer);
}

bool is_quiet_socket(int fd) {
  char byte;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool is_left_by_peer(int fd) {
  pollfd asked{.fd = fd, .events = POLLRDHUP, .revents = 0};
  return ::poll(&asked, 1, 0) > 0;
}

class PlainStream final : public Stream {
 public:
  PlainStream(Executor executor, int fd) : socket_(adopt_socket(std::move(executor), fd)) {}

  Task<IoResult> read_some(asio::mutable_buffer into) override {
    return socket_.async_read_some(into, kValues);
  }
  Task<IoResult> write_some(Pieces pieces) override { return socket_.async_write_some(pieces, kValues); }

  std::size_t try_write(Pieces pieces) override {
    error_code failed;  // whatever it is, the waiting write that follows meets it again
    return socket_.write_some(pieces, failed);
  }

  Task<> shutdown() override {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    co_return;
  }

  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }

  std::string remote_address() const override {
    if (peer_.empty()) peer_ = peer_of(fd());
    return peer_;
  }
  bool is_quiet() override { return is_quiet_socket(fd()); }
  bool peer_has_gone() override { return is_left_by_peer(fd()); }

 private:
  int fd() const { return const_cast<Socket&>(socket_).native_handle(); }
  Socket socket_;
  /// Asked for once: every request tells it.
  mutable std::string peer_;
};

class TlsStream final : public Stream {
 public:
  TlsStream(Executor executor, int fd, std::shared_ptr<asio::ssl::context> context, TlsPeer peer)
      : context_(std::move(context)),
        stream_(adopt_socket(std::move(executor), fd), *context_),
        peer_(std::move(peer)) {
    if (peer_.role == TlsPeer::Role::kServer) return;
    SSL_set_tlsext_host_name(stream_.native_handle(), peer_.host.c_str());
    stream_.set_verify_callback(asio::ssl::host_name_verification(peer_.host));
  }

  Task<IoResult> read_some(asio::mutable_buffer into) override {
    if (const error_code failed = co_await handshake()) co_return IoResult(failed, 0);
    co_return co_await stream_.async_read_some(into, kValues);
  }

  Task<IoResult> write_some(Pieces pieces) override {
    if (const error_code failed = co_await handshake()) co_return IoResult(failed, 0);
    co_return co_await stream_.async_write_some(pieces, kValues);
  }

  Task<> shutdown() override {
    if (!established_) co_return;
    [[maybe_unused]] const auto result = co_await stream_.async_shutdown(kValues);
  }

  void close() override {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

  std::string remote_address() const override { return peer_of(fd()); }
  bool is_quiet() override { return is_quiet_socket(fd()); }
  bool peer_has_gone() override { return is_left_by_peer(fd()); }

 private:
  Task<error_code> handshake() {
    if (established_) co_return error_code();
    const auto side = peer_.role == TlsPeer::Role::kServer ? asio::ssl::stream_base::server
                                                           : asio::ssl::stream_base::client;
    const auto [failed] = co_await stream_.async_handshake(side, kValues);
    established_ = !failed;
    co_return failed;
  }

  int fd() const { return const_cast<Socket&>(stream_.next_layer()).native_handle(); }

  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<Socket> stream_;
  TlsPeer peer_;
  bool established_ = false;
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(Executor executor, int fd) {
  return std::make_unique<PlainStream>(std::move(executor), fd);
}

std::unique_ptr<Stream> make_tls_stream(Executor executor, int fd,
                                        std::shared_ptr<asio::ssl::context> context, TlsPeer peer) {
  return std::make_unique<TlsStream>(std::move(executor), fd, std::move(context), std::move(peer));
}

}  // namespace martlet::net
