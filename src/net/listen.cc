#include "net/listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ssl/context.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace martlet::net {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Address parse_address(const std::string& text, std::uint16_t port) {
  Address result;
  const std::string numeric = text == "localhost" ? "127.0.0.1" : text;
  auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
  if (inet_pton(AF_INET, numeric.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    result.length = sizeof v4;
  } else if (inet_pton(AF_INET6, numeric.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    result.length = sizeof v6;
  } else {
    throw std::runtime_error(fmt::format(
        "cannot listen on '{}': it is not an IP address; give one such as 127.0.0.1, 0.0.0.0 or ::1", text));
  }
  return result;
}

std::string remedy(int error) {
  switch (error) {
    case EADDRINUSE:
      return "another process listens there; stop it or choose another port";
    case EACCES:
      return "ports below 1024 need privileges; choose another port";
    case EADDRNOTAVAIL:
      return "no interface of this machine has that address";
    case EMFILE:
      return "too many open files; raise the limit (ulimit -n)";
    default:
      return std::strerror(error);
  }
}

}  // namespace

int open_listening_socket(const std::string& address, std::uint16_t port) {
  const Address where = parse_address(address, port);
  const int fd = ::socket(where.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  const int off = 0;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd >= 0 && where.storage.ss_family == AF_INET6)
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, address == "::" ? &off : &on, sizeof on);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&where.storage), where.length) != 0 ||
      ::listen(fd, SOMAXCONN) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    throw std::runtime_error(fmt::format("cannot listen on {} port {}: {}", address, port, remedy(error)));
  }
  return fd;
}

std::uint16_t local_port(int fd) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length) != 0) return 0;
  if (local.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(local).sin_port);
  if (local.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(local).sin6_port);
  return 0;
}

std::shared_ptr<boost::asio::ssl::context> make_server_tls(const TlsOptions& options) {
  namespace ssl = boost::asio::ssl;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  boost::system::error_code error;
  context->use_certificate_chain_file(options.certificate_file, error);
  if (error)
    throw std::runtime_error(fmt::format("cannot use the TLS certificate {}: {}; it must be a PEM file",
                                         options.certificate_file, error.message()));
  context->use_private_key_file(options.key_file, ssl::context::pem, error);
  if (error)
    throw std::runtime_error(
        fmt::format("cannot use the TLS key {}: {}; it must be the certificate's key as a PEM file",
                    options.key_file, error.message()));
  return context;
}

}  // namespace martlet::net
