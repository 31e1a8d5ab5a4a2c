#pragma once

// For unit tests of this room: a server on a loop of its own, and a client that sends and receives raw bytes.
// Both live on the test's loop, in simulated time.

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "net/deadlines.h"
#include "net/server.h"
#include "net/stream.h"

namespace martlet::net {

/// A connection that says exactly what it is told.
class RawClient {
 public:
  RawClient(Executor executor, std::uint16_t port);
  explicit RawClient(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}

  Task<> send(std::string bytes);
  /// Reads until `text` has been seen (and stays in received()), or to the end of the stream.
  Task<bool> read_until(std::string text);
  /// Reads to the end of the stream and gives everything received so far.
  Task<std::string> read_all();
  /// Says that no more will be sent.
  Task<> finish() { return stream_->shutdown(); }
  void close() { stream_->close(); }
  [[nodiscard]] const std::string& received() const { return received_; }
  void forget() { received_.clear(); }

 private:
  Task<bool> read_piece();

  std::unique_ptr<Stream> stream_;
  std::string received_;
};

/// A server under test; `body(bench)` runs beside it. It is drained at the end.
struct Bench {
  Executor executor;
  Clock& clock;
  Server& server;
  std::uint16_t port;

  [[nodiscard]] RawClient connect() const { return {executor, port}; }
};

using BenchBody = std::function<Task<>(Bench&)>;
void with_server(ServerOptions options, Handler handler, BenchBody body);
void with_server(Handler handler, BenchBody body);

/// Lets everything on the loop run that is ready to.
Task<> settle(Executor executor);

/// A connected descriptor to 127.0.0.1.
int connect_to(std::uint16_t port);

}  // namespace martlet::net
