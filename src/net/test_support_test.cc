#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "base/async_test.h"
#include "net/test_support.h"

namespace martlet::net {

int connect_to(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    throw std::runtime_error("connection refused");
  }
  return fd;
}

RawClient::RawClient(Executor executor, std::uint16_t port)
    : stream_(make_plain_stream(std::move(executor), connect_to(port))) {}

Task<> RawClient::send(std::string bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::array<boost::asio::const_buffer, 1> pieces{boost::asio::buffer(rest)};
    const auto [error, count] = co_await stream_->write_some(pieces);
    if (error) co_return;
    rest.remove_prefix(count);
  }
}

Task<bool> RawClient::read_piece() {
  std::array<char, 16384> piece;
  const auto [error, count] = co_await stream_->read_some(boost::asio::buffer(piece));
  received_.append(piece.data(), count);
  co_return count > 0;
}

Task<bool> RawClient::read_until(std::string text) {
  while (received_.find(text) == std::string::npos) {
    const bool more = co_await read_piece();
    if (!more) co_return false;
  }
  co_return true;
}

Task<std::string> RawClient::read_all() {
  bool more = true;
  while (more) more = co_await read_piece();
  co_return received_;
}

Task<> settle(Executor executor) {
  for (int i = 0; i < 64; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

void with_server(ServerOptions options, Handler handler, BenchBody body) {
  run_async([&](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(1'700'000'000'000));
    Server server(executor, *clock, options, handler);
    Bench bench{executor, *clock, server, server.listen("127.0.0.1", 0, "test")};
    std::exception_ptr failure;
    try {
      co_await body(bench);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await server.drain(Duration(0));
    if (failure) std::rethrow_exception(failure);
  });
}

void with_server(Handler handler, BenchBody body) { with_server({}, std::move(handler), std::move(body)); }

}  // namespace martlet::net
