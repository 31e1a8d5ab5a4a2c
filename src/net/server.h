#pragma once

// An HTTP/1.1 server: keep-alive, pipelining, chunked bodies, Expect: 100-continue, streaming both ways, TLS,
// graceful drain. It knows nothing of AWS; a handler answers every request. Lives on the loop.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "net/http.h"

namespace martlet::net {

/// Answers one request. An exception that leaves it is logged and, if nothing was sent yet, answered with a
/// bare 500 (TooLarge: 413). Both references live until the returned task ends.
using Handler = std::function<Task<>(Request&, ResponseWriter&)>;

struct ServerOptions {
  /// Request line and headers together, bytes.
  std::size_t max_head_bytes = 64 * 1024;
  /// A connection without a request for this long is closed.
  Duration idle_timeout = std::chrono::seconds(120);
  /// A started request whose head or body stalls this long is closed.
  Duration read_timeout = std::chrono::seconds(60);
  /// An answer of which the client takes nothing for this long is broken off.
  Duration write_timeout = std::chrono::seconds(60);
  std::size_t max_connections = 10'000;
};

struct TlsOptions {
  /// PEM files.
  std::string certificate_file;
  std::string key_file;
};

class Server {
 public:
  /// `clock` must outlive every task of the server: co_await drain() before either goes away.
  Server(Executor executor, Clock& clock, ServerOptions options, Handler handler);
  /// Closes everything at once, as remove() does for each listener.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens on "127.0.0.1", "::1", "0.0.0.0", ...; port 0 takes a free one. Returns the port. Throws
  /// std::runtime_error that says what to do when the address cannot be had. `tag` comes back as
  /// Request::listener().
  std::uint16_t listen(const std::string& address, std::uint16_t port, std::string tag);
  std::uint16_t listen_tls(const std::string& address, std::uint16_t port, const TlsOptions& tls,
                           std::string tag);
  /// Adopts a stream socket that already listens (one that lives in another network namespace, or a Unix
  /// socket). Returns a listener id. The descriptor is the server's from here on.
  std::uint64_t adopt(int listening_fd, std::string tag);
  /// Stops listening there and closes its connections at once: their handlers are cancelled, so that what
  /// they wait for throws operation_aborted.
  void remove(std::uint64_t listener_id);

  /// Stops accepting, lets requests under way finish for at most `grace`, then closes what is left and waits
  /// for its handlers to end.
  Task<> drain(Duration grace);

  struct Statistics {
    std::uint64_t connections_accepted = 0;
    std::uint64_t requests = 0;
    std::size_t connections_open = 0;
    std::size_t requests_in_flight = 0;
  };
  [[nodiscard]] Statistics statistics() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::net
