#include "server/policy_command.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <memory>

#include "base/clock.h"
#include "base/strings.h"
#include "net/client.h"

namespace martlet::server {

namespace {

constexpr std::size_t kMaxAnswer = 16U << 20;

Task<> ask(net::Client& client, std::string url, net::Response& answer) {
  answer = co_await client.send({.url = std::move(url)}, kMaxAnswer);
  co_await client.stop();
}

}  // namespace

int suggest_policy(const std::string& endpoint, const std::string& function) {
  boost::asio::io_context loop(1);
  const std::unique_ptr<Clock> clock = make_system_clock(loop.get_executor());
  net::Client client(loop.get_executor(), *clock);
  net::Response answer;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, ask(client, endpoint + "/_martlet/policy/" + percent_encode(function), answer),
                        [&](std::exception_ptr thrown) {
                          failure = std::move(thrown);
                          loop.stop();
                        });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  std::FILE* const to = answer.status == 200 ? stdout : stderr;
  std::fputs(answer.body.c_str(), to);
  return answer.status == 200 ? 0 : 1;
}

}  // namespace martlet::server
