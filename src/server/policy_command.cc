#include "server/policy_command.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include "authorization/suggestion.h"
#include "base/clock.h"
#include "base/strings.h"
#include "net/client.h"

namespace martlet::server {

namespace {

constexpr std::size_t kMaxAnswer = 16U << 20;

/// "f" of "f", "f:live", "arn:aws:lambda:eu-west-1:123456789012:function:f:live".
std::string name_of(const std::string& function) {
  constexpr std::string_view kMark = ":function:";
  const auto mark = function.find(kMark);
  const std::string name = mark == std::string::npos ? function : function.substr(mark + kMark.size());
  return name.substr(0, name.find(':'));
}

/// What a refusal says: its message, or all of it where it is no such document.
std::string message_of(const net::Response& answer) {
  boost::system::error_code failed;
  const boost::json::value document = boost::json::parse(answer.body, failed);
  const auto* object = failed ? nullptr : document.if_object();
  const auto* message = object == nullptr ? nullptr : object->if_contains("message");
  return message != nullptr && message->is_string() ? std::string(message->get_string()) : answer.body;
}

}  // namespace

Task<int> suggest_policy(Executor executor, std::string endpoint, std::string function) {
  const std::unique_ptr<Clock> clock = make_system_clock(executor);
  net::Client client(executor, *clock);
  net::ClientRequest request;
  request.url = std::move(endpoint) + "/_martlet/policy/" + percent_encode(name_of(function));
  net::Response answer;
  std::exception_ptr failure;
  try {
    answer = co_await client.send(std::move(request), kMaxAnswer);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await client.stop();
  if (failure) std::rethrow_exception(failure);
  if (answer.status != 200) {
    std::fprintf(stderr, "martlet: %s\n", message_of(answer).c_str());
    co_return 1;
  }
  for (const auto& [name, value] : answer.headers)
    if (net::same_name(name, authorization::kNoteHeader)) std::fprintf(stderr, "# %s\n", value.c_str());
  std::fputs(answer.body.c_str(), stdout);
  co_return 0;
}

}  // namespace martlet::server
