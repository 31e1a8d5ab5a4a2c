#pragma once

// Listening sockets and the TLS settings of a listener.

#include <cstdint>
#include <memory>
#include <string>

#include "net/server.h"

namespace boost::asio::ssl {
class context;
}

namespace martlet::net {

/// A TCP socket that listens on `address` and `port` (0: a free one). Throws std::runtime_error that names
/// the remedy.
int open_listening_socket(const std::string& address, std::uint16_t port);

/// The port a socket is bound to; 0 for a socket without ports.
std::uint16_t local_port(int fd);

/// TLS 1.2 and later with that certificate. Throws std::runtime_error that names the file at fault.
std::shared_ptr<boost::asio::ssl::context> make_server_tls(const TlsOptions& options);

}  // namespace martlet::net
