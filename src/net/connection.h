#pragma once

// Connection: the server's side of one connection, from its first byte to its end. It reads a request, has
// the handler answer it, and goes on with the next one. Owned by the task that runs it. Lives on the loop.

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "net/message_reader.h"
#include "net/server.h"
#include "net/stream.h"

namespace martlet::net {

/// What a server's connections share; lives as long as any of them.
struct ConnectionContext {
  ConnectionContext(Executor executor, Clock& with, ServerOptions chosen, Handler answers);

  /// The value of the Date field now.
  const std::string& date();

  Clock& clock;
  const ServerOptions options;
  const Handler handler;
  Deadlines deadlines;
  bool draining = false;
  std::uint64_t requests = 0;
  std::size_t requests_in_flight = 0;

 private:
  std::int64_t date_second_ = -1;
  std::string date_;
};

struct ConnectionOrigin {
  bool is_tls = false;
  /// Outlives the connection.
  std::shared_ptr<const std::string> listener;
};

class Connection {
 public:
  Connection(std::shared_ptr<ConnectionContext> context, std::unique_ptr<Stream> stream,
             ConnectionOrigin origin);
  ~Connection();

  /// Serves requests until either side ends the connection.
  Task<> run();
  /// Ends it now if it is between requests (or would be in a moment); a request under way becomes its last
  /// one.
  void drain();
  void close() { channel_.close(); }

 private:
  friend class Exchange;
  using Reader = MessageReader<ParsedRequest>;

  Task<bool> serve_one(ParsedRequest request);
  /// Writes what was held back and then `pieces`, at most three. False when that failed.
  Task<bool> write(Pieces pieces);
  Task<> answer_bare(int status);
  Task<> linger();
  Task<> drop_input();

  std::shared_ptr<ConnectionContext> context_;
  ConnectionOrigin origin_;
  Channel channel_;
  Reader reader_;
  /// Answers that leave together with the next one.
  std::string held_;
  bool busy_ = false;
};

}  // namespace martlet::net
