#include "net/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>

#include "base/log.h"
#include "base/signal.h"
#include "base/task_group.h"
#include "net/connection.h"
#include "net/listen.h"
#include "net/stream.h"

namespace martlet::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

/// Connections taken in one go before others have their turn.
constexpr int kAcceptBatch = 32;

/// How long accepting rests when the machine has no descriptor left and none of ours will come free.
constexpr Duration kAcceptRest = std::chrono::seconds(1);

int family_of(int fd) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length);
  return local.ss_family;
}

bool is_out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool is_one_connections_fault(int error) {
  // Linux reports errors of the new connection from accept(): they say nothing about the listener.
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EINTR:
    case EPERM:
      return true;
    default:
      return false;
  }
}

/// Counts an open connection for as long as it lives.
class OpenCount {
 public:
  explicit OpenCount(std::size_t& count) : count_(&count) { ++count; }
  OpenCount(OpenCount&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  OpenCount& operator=(OpenCount&&) = delete;
  ~OpenCount() {
    if (count_ != nullptr) --*count_;
  }

 private:
  std::size_t* count_;
};

struct Listener {
  Listener(Executor executor, int fd, std::string with_tag)
      : acceptor(executor, asio::generic::stream_protocol(family_of(fd), 0), fd),
        tag(std::make_shared<const std::string>(std::move(with_tag))),
        tasks(executor) {}

  Acceptor acceptor;
  std::shared_ptr<const std::string> tag;
  std::shared_ptr<asio::ssl::context> tls;
  std::set<Connection*> connections;
  /// The accept loop and the connections.
  TaskGroup tasks;
};

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Impl> {
  Impl(Executor with, Clock& clock, ServerOptions options, Handler handler)
      : executor(with),
        context(std::make_shared<ConnectionContext>(with, clock, options, std::move(handler))),
        connection_ended(with),
        timers(with) {}

  std::uint64_t add(int fd, std::string tag, std::shared_ptr<asio::ssl::context> tls);
  void close(Listener& listener);
  Task<> accept_loop(std::shared_ptr<Listener> listener);
  Task<> wait_for_room();
  /// Starts the connections that wait to be accepted; returns the error that ended this: EAGAIN when there
  /// are no more.
  int accept_waiting(const std::shared_ptr<Listener>& listener);
  void start(const std::shared_ptr<Listener>& listener, int fd);
  static Task<> serve(std::shared_ptr<Impl> impl, std::shared_ptr<Listener> listener,
                      std::unique_ptr<Stream> stream, OpenCount counted);
  static Task<> end_grace(std::shared_ptr<Impl> impl, Duration grace);

  Executor executor;
  std::shared_ptr<ConnectionContext> context;
  std::map<std::uint64_t, std::shared_ptr<Listener>> listeners;
  std::uint64_t next_id = 1;
  std::uint64_t accepted = 0;
  std::size_t open = 0;
  bool grace_over = false;
  Signal connection_ended;
  TaskGroup timers;
};

std::uint64_t Server::Impl::add(int fd, std::string tag, std::shared_ptr<asio::ssl::context> tls) {
  auto listener = std::make_shared<Listener>(executor, fd, std::move(tag));
  listener->acceptor.non_blocking(true);
  listener->tls = std::move(tls);
  const std::uint64_t id = next_id++;
  listeners.emplace(id, listener);
  listener->tasks.spawn("accept", [](std::shared_ptr<Impl> impl, std::shared_ptr<Listener> on) -> Task<> {
    co_await impl->accept_loop(std::move(on));
  }(shared_from_this(), listener));
  return id;
}

void Server::Impl::close(Listener& listener) {
  error_code ignored;
  listener.acceptor.close(ignored);
  for (Connection* connection : listener.connections) connection->close();
  listener.tasks.cancel();
}

Task<> Server::Impl::accept_loop(std::shared_ptr<Listener> listener) {
  while (listener->acceptor.is_open()) {
    if (open >= context->options.max_connections) {
      co_await connection_ended.wait();
      continue;
    }
    const int error = accept_waiting(listener);
    if (error == EAGAIN) {
      const auto [failed] =
          co_await listener->acceptor.async_wait(Acceptor::wait_read, asio::as_tuple(asio::use_awaitable));
      if (failed) co_return;
    } else if (is_out_of_resources(error)) {
      log::warning("cannot accept a connection",
                   {{"listener", *listener->tag}, {"error", std::strerror(error)}});
      co_await wait_for_room();
    } else if (!is_one_connections_fault(error)) {
      log::error("a listener failed", {{"listener", *listener->tag}, {"error", std::strerror(error)}});
      co_return;
    }
  }
}

int Server::Impl::accept_waiting(const std::shared_ptr<Listener>& listener) {
  for (int i = 0; i < kAcceptBatch && open < context->options.max_connections; ++i) {
    const int fd =
        ::accept4(listener->acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return errno == EWOULDBLOCK ? EAGAIN : errno;
    start(listener, fd);
  }
  return EAGAIN;
}

Task<> Server::Impl::wait_for_room() {
  if (open > 0)
    co_await connection_ended.wait();
  else
    co_await context->clock.sleep_elapsed(kAcceptRest);
}

void Server::Impl::start(const std::shared_ptr<Listener>& listener, int fd) {
  ++accepted;
  std::unique_ptr<Stream> stream;
  try {
    stream =
        listener->tls ? make_tls_stream(executor, fd, listener->tls, {}) : make_plain_stream(executor, fd);
  } catch (const std::exception& error) {
    log::warning("a connection could not be set up", {{"error", error.what()}});
    ::close(fd);
    return;
  }
  listener->tasks.spawn("connection",
                        serve(shared_from_this(), listener, std::move(stream), OpenCount(open)));
}

Task<> Server::Impl::serve(std::shared_ptr<Impl> impl, std::shared_ptr<Listener> listener,
                           std::unique_ptr<Stream> stream, OpenCount counted) {
  Connection connection(impl->context, std::move(stream), {listener->tls != nullptr, listener->tag});
  struct Registration {
    Impl& impl;
    Listener& listener;
    Connection& connection;
    OpenCount counted;
    Registration(Impl& i, Listener& l, Connection& c, OpenCount n)
        : impl(i), listener(l), connection(c), counted(std::move(n)) {
      listener.connections.insert(&connection);
    }
    ~Registration() {
      listener.connections.erase(&connection);
      impl.connection_ended.notify_all();
    }
  } registration(*impl, *listener, connection, std::move(counted));
  if (!listener->acceptor.is_open() && !impl->context->draining) co_return;
  co_await connection.run();
}

Task<> Server::Impl::end_grace(std::shared_ptr<Impl> impl, Duration grace) {
  co_await impl->context->clock.sleep_elapsed(grace);
  impl->grace_over = true;
  impl->connection_ended.notify_all();
}

Server::Server(Executor executor, Clock& clock, ServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, options, std::move(handler))) {}

Server::~Server() {
  for (auto& [id, listener] : impl_->listeners) impl_->close(*listener);
  impl_->timers.cancel();
  impl_->context->deadlines.cancel();
}

std::uint16_t Server::listen(const std::string& address, std::uint16_t port, std::string tag) {
  const int fd = open_listening_socket(address, port);
  const std::uint16_t chosen = local_port(fd);
  impl_->add(fd, std::move(tag), nullptr);
  return chosen;
}

std::uint16_t Server::listen_tls(const std::string& address, std::uint16_t port, const TlsOptions& tls,
                                 std::string tag) {
  auto context = make_server_tls(tls);
  const int fd = open_listening_socket(address, port);
  const std::uint16_t chosen = local_port(fd);
  impl_->add(fd, std::move(tag), std::move(context));
  return chosen;
}

std::uint64_t Server::adopt(int listening_fd, std::string tag) {
  return impl_->add(listening_fd, std::move(tag), nullptr);
}

void Server::remove(std::uint64_t listener_id) {
  const auto found = impl_->listeners.find(listener_id);
  if (found == impl_->listeners.end()) return;
  const auto listener = found->second;
  impl_->listeners.erase(found);
  impl_->close(*listener);
}

Task<> Server::drain(Duration grace) {
  const auto impl = impl_;
  impl->context->draining = true;
  const auto listeners = impl->listeners;
  for (const auto& [id, listener] : listeners) {
    error_code ignored;
    listener->acceptor.close(ignored);
    for (Connection* connection : listener->connections) connection->drain();
  }
  impl->timers.spawn("grace", Impl::end_grace(impl, grace));
  while (impl->open > 0 && !impl->grace_over) co_await impl->connection_ended.wait();
  for (const auto& [id, listener] : listeners) {
    impl->close(*listener);
    co_await listener->tasks.join();
  }
  impl->listeners.clear();
  co_await impl->timers.stop();
  co_await impl->context->deadlines.stop();
}

Server::Statistics Server::statistics() const {
  return {impl_->accepted, impl_->context->requests, impl_->open, impl_->context->requests_in_flight};
}

}  // namespace martlet::net
