#pragma once

// An HTTP/1.1 client: connections that are kept and used again, https with verification, answers read whole
// or as they arrive, timeouts, limits. It follows no redirects. Lives on the loop.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "net/http.h"

namespace martlet::net {

struct ClientOptions {
  /// To resolve, connect and, for https, shake hands.
  Duration connect_timeout = std::chrono::seconds(5);
  /// Of silence, while sending and while waiting for (more of) the answer.
  Duration read_timeout = std::chrono::seconds(60);
  /// An unused connection is closed after this long.
  Duration idle_timeout = std::chrono::seconds(30);
  std::size_t max_head_bytes = 64 * 1024;
  /// Unused connections kept, for all hosts together.
  std::size_t max_idle = 32;
  /// A PEM file of authorities to trust besides the system's; empty for none.
  std::string authorities_file = {};
  /// Makes connections where the host is not in this network (an environment's own): returns a connected
  /// stream socket, which the client owns from then on, or throws std::runtime_error. connect_timeout is its
  /// business. Empty: names are resolved and connected to as usual.
  std::function<Task<int>(std::string host, std::uint16_t port)> connect = {};
};

struct ClientRequest {
  std::string method = "GET";
  /// http://... or https://...
  std::string url = {};
  /// Host, Content-Length and Connection are added.
  Headers headers = {};
  std::string body = {};
};

/// A request that got no answer. what() says why, with the host: "cannot connect to sns.example:443:
/// Connection refused".
class ClientError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An answer whose body is read as it arrives. Dropping it before its end closes its connection.
class ClientAnswer {
 public:
  virtual ~ClientAnswer() = default;
  [[nodiscard]] virtual int status() const = 0;
  [[nodiscard]] virtual const Headers& headers() const = 0;
  /// The next piece, at most `max` bytes; empty at the end. Throws Disconnected.
  virtual Task<std::string> read_some(std::size_t max) = 0;
  /// The rest. Throws TooLarge past `limit`, Disconnected.
  virtual Task<std::string> read_all(std::size_t limit) = 0;
};

class Client {
 public:
  /// `clock` outlives the client's tasks: co_await stop() before it goes away.
  Client(Executor executor, Clock& clock, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends a request and reads the whole answer, with a body of at most `limit` bytes. Throws ClientError,
  /// TooLarge.
  Task<Response> send(ClientRequest request, std::size_t limit);

  /// Sends a request and returns with the head of the answer. Throws ClientError.
  Task<std::unique_ptr<ClientAnswer>> open(ClientRequest request);

  /// Closes unused connections and ends the client's own tasks.
  Task<> stop();

  [[nodiscard]] std::size_t idle_connections() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::net
