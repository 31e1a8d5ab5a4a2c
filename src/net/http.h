#pragma once

// What an HTTP message is in Martlet, for the server (net/server.h) and the client (net/client.h). The parser
// behind them is Boost.Beast, which no header of ours shows.

#include <cstddef>
#include <exception>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"

namespace martlet::net {

/// Whether two field names (or tokens) are the same but for ASCII case.
bool same_name(std::string_view a, std::string_view b);

/// "Not Found" for 404; "Unknown" for a number without a name.
std::string_view reason_phrase(int status);

/// Header fields in their order of arrival. Names compare without regard to case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  explicit Headers(std::vector<std::pair<std::string, std::string>> fields) : fields_(std::move(fields)) {}

  /// The first value of `name`.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// The first value of `name`, or `fallback`.
  [[nodiscard]] std::string_view get(std::string_view name, std::string_view fallback = {}) const;
  /// Adds a field, whether or not one of that name exists.
  void add(std::string name, std::string value);
  /// Replaces all fields of that name by one.
  void set(std::string name, std::string value);
  void remove(std::string_view name);

  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct RequestHead {
  std::string method;
  /// Path and query as sent, still percent-encoded: "/2015-03-31/functions/f?Qualifier=1".
  std::string target;
  Headers headers;

  [[nodiscard]] std::string_view path() const;
  /// Without the question mark; empty when there is none.
  [[nodiscard]] std::string_view query() const;
};

struct Response {
  int status = 200;
  Headers headers = {};
  std::string body = {};
};

/// A body, or a message head, was larger than its reader allows.
class TooLarge : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "the message is larger than allowed"; }
};

/// The peer went away, stalled past a timeout, or broke HTTP in the middle of a message. A handler may let it
/// pass: it is not logged as an error, and the connection ends.
class Disconnected : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "the peer broke off the message"; }
};

/// A request as a handler sees it: the head is there, the body is read on demand.
class Request {
 public:
  virtual ~Request() = default;
  [[nodiscard]] virtual const RequestHead& head() const = 0;
  /// "127.0.0.1", "::1"; "unix" for a Unix socket.
  [[nodiscard]] virtual std::string remote_address() const = 0;
  [[nodiscard]] virtual bool is_tls() const = 0;
  /// Which listener it arrived on: the tag given to Server::listen.
  [[nodiscard]] virtual const std::string& listener() const = 0;
  /// Whether the client has ended its side of the connection, so that nobody may be there to get an answer.
  /// Looks at the socket: a question for whoever has waited long and is about to give something away.
  [[nodiscard]] virtual bool client_has_gone() const = 0;
  /// The next piece of the body, at most `max` bytes; empty at its end. Sends "100 Continue" first where the
  /// client waits for it. Throws Disconnected when the body breaks off.
  virtual Task<std::string> read_some(std::size_t max) = 0;
  /// The whole (rest of the) body. Throws TooLarge past `limit`; a declared Content-Length past it throws
  /// before reading.
  virtual Task<std::string> read_all(std::size_t limit) = 0;
  /// Fields that followed a chunked body; empty until its end was read.
  [[nodiscard]] virtual const Headers& trailers() const = 0;
};

/// The answer to one request: either send(), or start(), any number of write(), finish(). All of them throw
/// Disconnected when the client is gone. Framing is the writer's business: Content-Length and
/// Transfer-Encoding are added as needed, and a body is left out where HTTP has none (HEAD, 204, 304).
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  virtual Task<> send(Response response) = 0;
  /// The same for an answer that nobody waits for: where the client has already sent its next request, both
  /// answers leave together.
  virtual Task<> send_with_next(Response response) { return send(std::move(response)); }
  /// Begins a streamed answer, chunked unless `headers` has a Content-Length, which the pieces must then add
  /// up to. The head goes out with the first piece.
  virtual Task<> start(int status, Headers headers) = 0;
  /// Sends `piece`, which must live until this returns. An empty one only sends the head.
  virtual Task<> write(std::string_view piece) = 0;
  /// Ends a streamed answer, with trailers if any.
  virtual Task<> finish(Headers trailers = {}) = 0;
  /// Whether send() or start() was called.
  [[nodiscard]] virtual bool started() const = 0;
};

}  // namespace martlet::net
