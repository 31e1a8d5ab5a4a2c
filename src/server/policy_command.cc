#include "server/policy_command.h"

#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/strings.h"
#include "net/client.h"

namespace martlet::server {

namespace {

constexpr std::size_t kMaxAnswer = 16U << 20;

}  // namespace

Task<int> suggest_policy(Executor executor, std::string endpoint, std::string function) {
  const std::unique_ptr<Clock> clock = make_system_clock(executor);
  net::Client client(executor, *clock);
  net::ClientRequest request;
  request.url = std::move(endpoint) + "/_martlet/policy/" + percent_encode(function);
  net::Response answer;
  std::exception_ptr failure;
  try {
    answer = co_await client.send(std::move(request), kMaxAnswer);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await client.stop();
  if (failure) std::rethrow_exception(failure);
  std::fputs(answer.body.c_str(), answer.status == 200 ? stdout : stderr);
  co_return answer.status == 200 ? 0 : 1;
}

}  // namespace martlet::server
