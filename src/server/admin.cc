#include "server/admin.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cmath>

#include "authorization/suggestion.h"
#include "base/error.h"
#include "base/strings.h"
#include "server/version.h"

namespace martlet::server {

namespace {

/// Furthest jump of one call: a hundred years keep every time within what the types can hold.
constexpr double kMaxJumpSeconds = 100.0 * 365 * 24 * 3600;

net::Response json(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body) + "\n"};
}

net::Response refusal(int status, std::string_view message) {
  return json(status, "{\"message\": " + quote_json(message) + "}");
}

std::string iso8601(TimePoint time) {
  const std::int64_t ms = to_epoch_ms(time);
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms % 1000);
}

/// The number in {"seconds": n}; NaN when the document is anything else.
double seconds_of(const std::string& body) {
  boost::system::error_code failed;
  const boost::json::value document = boost::json::parse(body, failed);
  if (failed || !document.is_object()) return std::nan("");
  const boost::json::value* seconds = document.as_object().if_contains("seconds");
  if (seconds == nullptr || !seconds->is_number()) return std::nan("");
  return seconds->to_number<double>();
}

}  // namespace

Task<> Admin::health(net::Request&, net::ResponseWriter& answer) {
  std::string services;
  for (const wire::BoundService& service : parts_.services)
    services += (services.empty() ? "" : ", ") + quote_json(service.model->name);
  co_await answer.send(json(
      200, fmt::format(R"({{"status": "running", "version": "{}", "services": [{}]}})", kVersion, services)));
}

Task<> Admin::localstack_health(net::Request&, net::ResponseWriter& answer) {
  std::string services;
  for (const wire::BoundService& service : parts_.services)
    services += (services.empty() ? "" : ", ") + quote_json(service.model->name) + ": \"available\"";
  co_await answer.send(json(
      200,
      fmt::format(R"({{"services": {{{}}}, "edition": "martlet", "version": "{}"}})", services, kVersion)));
}

std::string Admin::objection(const net::Request& request) const {
  if (request.listener() != parts_.listener) return "A function may not do this.";
  return parts_.open ? "" : "This is refused under --auth enforce; it works under --auth open and audit.";
}

Task<> Admin::reset(net::Request& request, net::ResponseWriter& answer) {
  if (request.head().method != "POST") {
    co_await answer.send(refusal(405, "Use POST to forget everything."));
  } else if (const std::string why = objection(request); !why.empty()) {
    co_await answer.send(refusal(403, why));
  } else {
    co_await parts_.reset();
    co_await answer.send(json(200, R"({"status": "reset"})"));
  }
}

Task<> Admin::clock(net::Request& request, net::ResponseWriter& answer) {
  if (request.head().method == "POST") {
    if (const std::string why = objection(request); !why.empty()) {
      co_await answer.send(refusal(403, why));
      co_return;
    }
    const std::string body = co_await request.read_all(4096);
    const double seconds = seconds_of(body);
    if (!(seconds >= 0 && seconds <= kMaxJumpSeconds)) {
      co_await answer.send(
          refusal(400, R"(Send {"seconds": n} with n from 0 to 3153600000: the clock only goes forward.)"));
      co_return;
    }
    parts_.clock.advance(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
  } else if (request.head().method != "GET") {
    co_await answer.send(refusal(405, "Use GET to read the clock, POST to move it."));
    co_return;
  }
  const TimePoint now = parts_.clock.now();
  co_await answer.send(
      json(200, fmt::format(R"({{"now": "{}", "epochMilliseconds": {}}})", iso8601(now), to_epoch_ms(now))));
}

Task<> Admin::audit(net::Request& request, net::ResponseWriter& answer) {
  if (const std::string why = objection(request); !why.empty()) {
    co_await answer.send(refusal(403, why));
  } else if (parts_.authorizer.mode() == authorization::Mode::kObserve) {
    co_await answer.send(refusal(404, "Nothing is recorded: start the server with --auth audit."));
  } else {
    co_await answer.send(json(200, parts_.authorizer.audit().json()));
  }
}

Task<std::string> Admin::why_unseen(std::string function) {
  wire::Context context;
  context.region = parts_.region;
  context.account = parts_.account;
  lambda::GetFunctionConfigurationRequest wanted;
  wanted.function_name = function;
  try {
    co_await parts_.lambda.GetFunctionConfiguration(context, std::move(wanted));
  } catch (const aws::Error&) {
    co_return "There is no function " + function + " in " + context.region + " of account " +
        context.account + ", and none of that name was seen elsewhere.";
  }
  co_return function +
      " has called nothing as its role, with the credentials that it is given, since the server was started "
      "or reset: invoke it, then ask again.";
}

Task<> Admin::policy(net::Request& request, net::ResponseWriter& answer) {
  constexpr std::string_view kPath = "/_martlet/policy/";
  if (const std::string why = objection(request); !why.empty()) {
    co_await answer.send(refusal(403, why));
    co_return;
  }
  const std::string_view path = request.head().path();
  const std::string function =
      percent_decode(path.substr(std::min(kPath.size(), path.size()))).value_or(std::string());
  authorization::Suggestion suggestion = authorization::suggest(parts_.authorizer.usage(), function);
  if (suggestion.policy.empty()) {
    co_await answer.send(refusal(404, co_await why_unseen(function)));
    co_return;
  }
  net::Response response = json(200, std::move(suggestion.policy));
  for (std::string& note : suggestion.notes)
    response.headers.add(authorization::kNoteHeader, std::move(note));
  co_await answer.send(std::move(response));
}

Task<> Admin::code(net::Request& request, net::ResponseWriter& answer) {
  auto zip = co_await parts_.lambda.download(std::string(request.head().path()),
                                             std::string(request.head().query()));
  if (zip)
    co_await answer.send({200, {{"Content-Type", "application/zip"}}, std::move(*zip)});
  else
    co_await answer.send(
        refusal(403, "This address is not valid, or not any more: call GetFunction for a new one."));
}

Task<> Admin::outbox(net::Request& request, net::ResponseWriter& answer) {
  const std::string& method = request.head().method;
  if (method != "GET" && method != "DELETE") {
    co_await answer.send(refusal(405, "Use GET to read the outbox, DELETE to empty it."));
  } else if (const std::string why = objection(request); !why.empty()) {
    co_await answer.send(refusal(403, why));
  } else {
    co_await parts_.sns.answer_outbox(request, answer);
  }
}

}  // namespace martlet::server
