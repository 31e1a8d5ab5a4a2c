#include "net/client.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <expected>
#include <functional>
#include <list>

#include "net/message_reader.h"
#include "net/message_writer.h"
#include "net/stream.h"
#include "net/url.h"

namespace martlet::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Reader = MessageReader<ParsedResponse>;

constexpr auto kValues = asio::as_tuple(asio::use_awaitable);

std::string origin_of(const Url& url) {
  return (url.scheme == Url::Scheme::kHttps ? "https://" : "http://") + url.authority.host + ":" +
         std::to_string(url.port());
}

bool may_repeat(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

std::string request_head(const ClientRequest& request, const Url& url) {
  std::string head = request.method + " " + url.target + " HTTP/1.1\r\n";
  if (!request.headers.find("Host")) append_field(head, "Host", url.host_field());
  for (const auto& [name, value] : request.headers)
    if (!is_framing_field(name)) append_field(head, name, value);
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (has_body) append_field(head, "Content-Length", std::to_string(request.body.size()));
  head += "\r\n";
  return head;
}

/// One connection with what was read from it.
struct ClientConnection {
  ClientConnection(std::string to, std::unique_ptr<Stream> stream, Deadlines& deadlines,
                   const ClientOptions& options)
      : origin(std::move(to)),
        channel(std::move(stream), deadlines),
        reader(channel, options.max_head_bytes, {options.read_timeout, options.read_timeout}) {}

  std::string origin;
  Channel channel;
  Reader reader;
  Duration unused_since{0};
};

/// Closes a socket that takes too long to connect.
class ConnectDeadline final : public Deadlines::Entry {
 public:
  ConnectDeadline(Deadlines& deadlines, Tcp::socket& socket, Tcp::resolver& resolver)
      : Entry(deadlines), socket_(socket), resolver_(resolver) {}

 private:
  void expired() override {
    error_code ignored;
    resolver_.cancel();
    socket_.close(ignored);
  }
  Tcp::socket& socket_;
  Tcp::resolver& resolver_;
};

}  // namespace

struct Client::Impl : std::enable_shared_from_this<Impl> {
  Impl(Executor with, Clock& with_clock, ClientOptions chosen)
      : executor(with),
        clock(with_clock),
        options(std::move(chosen)),
        deadlines(with, with_clock, std::min(options.connect_timeout, options.read_timeout) / 16) {}

  Task<int> connect_socket(Url url);
  Task<std::unique_ptr<ClientConnection>> connect(Url url);
  std::unique_ptr<ClientConnection> take_idle(const std::string& origin);
  void give_back(std::unique_ptr<ClientConnection> connection);
  std::shared_ptr<asio::ssl::context> tls();
  /// An answer, or why the connection ended before one began.
  using Exchanged = std::expected<std::unique_ptr<ClientAnswer>, std::string>;
  Task<Exchanged> exchange(ClientRequest request, Url url, std::unique_ptr<ClientConnection> on);

  Executor executor;
  Clock& clock;
  ClientOptions options;
  Deadlines deadlines;
  std::list<std::unique_ptr<ClientConnection>> idle;
  std::shared_ptr<asio::ssl::context> tls_context;
  bool stopped = false;
};

namespace {

class Answer final : public ClientAnswer {
 public:
  using GiveBack = std::function<void(std::unique_ptr<ClientConnection>)>;

  Answer(ParsedResponse head, std::unique_ptr<ClientConnection> connection, GiveBack give_back)
      : head_(std::move(head)), connection_(std::move(connection)), give_back_(std::move(give_back)) {
    release_if_done();
  }

  int status() const override { return head_.status; }
  const Headers& headers() const override { return head_.headers; }

  Task<std::string> read_some(std::size_t max) override {
    if (!connection_) co_return std::string();
    std::string piece = co_await connection_->reader.read_some(max);
    release_if_done();
    co_return piece;
  }

  Task<std::string> read_all(std::size_t limit) override {
    if (!connection_) co_return std::string();
    std::string whole = co_await connection_->reader.read_all(limit);
    release_if_done();
    co_return whole;
  }

 private:
  void release_if_done() {
    if (!connection_ || !connection_->reader.body().done()) return;
    if (head_.keep_alive && connection_->reader.between_messages()) give_back_(std::move(connection_));
    connection_.reset();
  }

  ParsedResponse head_;
  std::unique_ptr<ClientConnection> connection_;
  GiveBack give_back_;
};

}  // namespace

std::shared_ptr<asio::ssl::context> Client::Impl::tls() {
  if (tls_context) return tls_context;
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_default_verify_paths();
  if (!options.authorities_file.empty()) context->load_verify_file(options.authorities_file);
  context->set_verify_mode(asio::ssl::verify_peer);
  tls_context = context;
  return context;
}

Task<int> Client::Impl::connect_socket(Url url) {
  if (options.connect) co_return co_await options.connect(url.authority.host, url.port());
  Tcp::resolver resolver(executor);
  Tcp::socket socket(executor);
  ConnectDeadline deadline(deadlines, socket, resolver);
  deadline.arm(options.connect_timeout);
  error_code failed;
  // An address needs no resolver, which would start a thread.
  const auto address = asio::ip::make_address(url.authority.host, failed);
  if (!failed) {
    const auto [error] = co_await socket.async_connect({address, url.port()}, kValues);
    failed = error;
  } else {
    const auto [error, found] =
        co_await resolver.async_resolve(url.authority.host, std::to_string(url.port()), kValues);
    failed = error;
    if (!failed) {
      const auto [refused, endpoint] = co_await asio::async_connect(socket, found, kValues);
      failed = refused;
    }
  }
  if (failed) {
    const std::string why = failed == asio::error::operation_aborted ? "it took too long" : failed.message();
    throw ClientError("cannot connect to " + origin_of(url) + ": " + why);
  }
  co_return socket.release();
}

Task<std::unique_ptr<ClientConnection>> Client::Impl::connect(Url url) {
  const int fd = co_await connect_socket(url);
  auto stream = url.scheme == Url::Scheme::kHttps
                    ? make_tls_stream(executor, fd, tls(), {TlsPeer::Role::kClient, url.authority.host})
                    : make_plain_stream(executor, fd);
  co_return std::make_unique<ClientConnection>(origin_of(url), std::move(stream), deadlines, options);
}

std::unique_ptr<ClientConnection> Client::Impl::take_idle(const std::string& origin) {
  std::unique_ptr<ClientConnection> found;
  for (auto it = idle.begin(); it != idle.end();) {
    auto& connection = **it;
    const bool stale = clock.elapsed() - connection.unused_since > options.idle_timeout ||
                       !connection.channel.stream().is_quiet();
    const bool wanted = !stale && !found && connection.origin == origin;
    if (wanted) found = std::move(*it);
    it = stale || wanted ? idle.erase(it) : std::next(it);
  }
  return found;
}

void Client::Impl::give_back(std::unique_ptr<ClientConnection> connection) {
  if (stopped) return;
  connection->unused_since = clock.elapsed();
  idle.push_front(std::move(connection));
  if (idle.size() > options.max_idle) idle.pop_back();
}

Task<Client::Impl::Exchanged> Client::Impl::exchange(ClientRequest request, Url url,
                                                     std::unique_ptr<ClientConnection> on) {
  const std::string head = request_head(request, url);
  const std::array<asio::const_buffer, 2> pieces{asio::buffer(head), asio::buffer(request.body)};
  // A server may answer and close before it has read everything, so a failed write is not the end yet.
  co_await on->channel.write(pieces, options.read_timeout);
  while (true) {
    auto answer = co_await on->reader.read_head();
    if (!answer) {
      const bool ended =
          answer.error() == Reader::NoHead::kEnd || answer.error() == Reader::NoHead::kTruncated;
      const std::string why = ended ? on->channel.error_text() : std::string("it does not speak HTTP");
      if (answer.error() == Reader::NoHead::kEnd && !on->channel.timed_out()) co_return std::unexpected(why);
      throw ClientError("no answer from " + on->origin + ": " + why);
    }
    if (answer->status / 100 == 1) continue;
    if (request.method == "HEAD") on->reader.forgo_body();
    co_return std::make_unique<Answer>(
        std::move(*answer), std::move(on),
        [impl = weak_from_this()](std::unique_ptr<ClientConnection> connection) {
          if (const auto alive = impl.lock()) alive->give_back(std::move(connection));
        });
  }
}

Client::Client(Executor executor, Clock& clock, ClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, std::move(options))) {}

Client::~Client() { impl_->deadlines.cancel(); }

Task<std::unique_ptr<ClientAnswer>> Client::open(ClientRequest request) {
  const auto impl = impl_;
  const auto url = Url::parse(request.url);
  if (!url) throw ClientError("'" + request.url + "' is not an http or https URL");
  auto connection = impl->take_idle(origin_of(*url));
  const bool reused = connection != nullptr;
  if (!reused) connection = co_await impl->connect(*url);
  // A kept connection may be closed by its server at the moment it is used; then a fresh one is tried.
  const bool may_retry = reused && may_repeat(request.method);
  ClientRequest again = may_retry ? request : ClientRequest{};
  auto answer = co_await impl->exchange(std::move(request), *url, std::move(connection));
  if (!answer && may_retry) {
    auto fresh = co_await impl->connect(*url);
    answer = co_await impl->exchange(std::move(again), *url, std::move(fresh));
  }
  if (!answer) throw ClientError("no answer from " + origin_of(*url) + ": " + answer.error());
  co_return std::move(*answer);
}

Task<Response> Client::send(ClientRequest request, std::size_t limit) {
  const std::string url = request.url;
  auto answer = co_await open(std::move(request));
  Response response{answer->status(), answer->headers(), {}};
  bool broken = false;
  try {
    response.body = co_await answer->read_all(limit);
  } catch (const Disconnected&) {
    broken = true;
  }
  if (broken) throw ClientError("the answer from " + url + " broke off");
  co_return response;
}

Task<> Client::stop() {
  impl_->stopped = true;
  impl_->idle.clear();
  co_await impl_->deadlines.stop();
}

std::size_t Client::idle_connections() const { return impl_->idle.size(); }

}  // namespace martlet::net
