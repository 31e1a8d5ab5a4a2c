#include "sandbox/loopback.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

namespace martlet::sandbox {

Task<int> connect_loopback(Descriptor socket, std::uint16_t port) {
  using boost::asio::ip::tcp;
  // One repetition, after a second: a listener whose queue is full answers with silence.
  const int repetitions = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_SYNCNT, &repetitions, sizeof repetitions);
  tcp::socket connection(co_await boost::asio::this_coro::executor);
  boost::system::error_code failure;
  connection.assign(tcp::v4(), socket.get(), failure);
  if (failure) throw std::runtime_error("no socket: " + failure.message());
  socket.release();
  co_await connection.async_connect({boost::asio::ip::address_v4::loopback(), port},
                                    boost::asio::redirect_error(boost::asio::use_awaitable, failure));
  if (failure)
    throw std::runtime_error("cannot connect to port " + std::to_string(port) + ": " + failure.message());
  co_return connection.release();
}

}  // namespace martlet::sandbox
