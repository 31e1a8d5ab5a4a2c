// Requests to function URLs: from HTTP to an event, and from the function's answer back to HTTP.

#include "services/lambda/url_requests.h"

#include <boost/system/system_error.hpp>

#include "base/log.h"
#include "base/strings.h"
#include "services/lambda/attachments.h"
#include "services/lambda/errors.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"
#include "services/lambda/url_cors.h"
#include "services/lambda/url_event.h"
#include "services/lambda/url_response.h"

namespace martlet::lambda {

using environments::Outcome;

namespace {

net::Response refusal(int status, std::string_view message) {
  return {status,
          {{"Content-Type", "application/json"}},
          message.empty() ? R"({"Message":null})" : R"({"Message":)" + quote_json(message) + "}"};
}

net::Response too_large() {
  return refusal(413, "Exceeded maximum allowed payload size (" + std::to_string(kMaxPayloadBytes) +
                          " bytes).");
}

/// The function's fault, of which its callers learn nothing.
net::Response bad_gateway() {
  return {502, {{"Content-Type", "application/json"}}, "Internal Server Error"};
}

net::Response response_of(const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::kThrottled) return refusal(429, "Rate Exceeded.");
  if (!outcome.succeeded()) return bad_gateway();
  return url_response(outcome.payload).value_or(bad_gateway());
}

net::Response response_of(const aws::Error& error) {
  // What stands between a URL and its function is not for the caller to see.
  if (error.status() == 404) return refusal(404, {});
  return refusal(error.status(), error.message());
}

}  // namespace

/// One request on its way.
struct LambdaService::UrlExchange {
  const UrlCall& call;
  net::Request& request;
  net::ResponseWriter& writer;
  FunctionName function;
  FunctionUrlRecord url;
  std::string partition;
  std::string request_id;
  std::string trace;

  /// Puts on what every answer has.
  void finish_headers(net::Headers& headers) const {
    if (url.cors) apply_cors(*url.cors, request.head(), headers);
    headers.set("x-amzn-RequestId", request_id);
    if (!trace.empty()) headers.set("X-Amzn-Trace-Id", trace);
  }
  Task<> send(net::Response response) const {
    finish_headers(response.headers);
    return writer.send(std::move(response));
  }
};

Task<bool> LambdaService::find_url(UrlExchange& exchange) {
  bool allowed = true;
  const bool found = co_await with_.store.transact([&](store::Txn& txn) -> Task<bool> {
    const auto owner = co_await find_url_owner(txn, exchange.call.id);
    if (!owner || (!exchange.call.region.empty() && owner->region != exchange.call.region)) co_return false;
    const auto url = co_await load_url(txn, *owner);
    if (!url) co_return false;
    exchange.function = *owner;
    exchange.url = *url;
    exchange.partition = partition_of(owner->region);
    if (exchange.call.policy_decides && url->auth_type == "NONE") {
      const auto policy = co_await load_policy(txn, *owner);
      allowed = policy && allows_url(*policy, "NONE", "*");
    }
    co_return true;
  });
  if (!found) co_await exchange.send(refusal(404, {}));
  if (found && !allowed && !asks_for_permission(exchange.request.head())) {
    co_await exchange.send(refusal(403, "Forbidden"));
    co_return false;
  }
  co_return found;
}

Task<std::optional<wire::Caller>> LambdaService::url_caller(const UrlExchange& exchange, std::string body) {
  if (exchange.url.auth_type == "NONE") co_return std::nullopt;
  const UrlSigner signer = co_await exchange.call.authenticate(std::move(body));
  const aws::Error forbidden("AccessDeniedException", "Forbidden", 403);
  if (!signer.is_signed) throw forbidden;
  if (signer.service != "lambda")
    throw aws::Error("InvalidSignatureException", "Credential should be scoped to correct service: 'lambda'. ",
                     403);
  if (exchange.call.policy_decides && signer.caller.account != exchange.function.account) {
    const auto policy = co_await with_.store.transact([&](store::Txn& txn) -> Task<ResourcePolicy> {
      co_return (co_await load_policy(txn, exchange.function)).value_or(ResourcePolicy{});
    });
    if (!allows_url(policy, "AWS_IAM", signer.caller.account)) throw forbidden;
  }
  co_return signer.caller;
}

Task<std::optional<std::string>> LambdaService::url_event_of(UrlExchange& exchange) {
  const net::RequestHead& head = exchange.request.head();
  UrlRequest request{
      .method = head.method,
      .target = exchange.call.target,
      .headers = head.headers,
      .body = {},
      .source_ip = exchange.request.remote_address(),
      .is_tls = exchange.request.is_tls(),
      .url_id = exchange.url.id,
      .domain_name = exchange.url.id + ".lambda-url." + exchange.function.region + ".on.aws",
      .request_id = exchange.request_id,
      .time = with_.clock.now(),
      .caller = {}};
  bool exceeded = false;
  try {
    request.body = co_await exchange.request.read_all(kMaxPayloadBytes);
  } catch (const net::TooLarge&) {
    exceeded = true;
  }
  if (!exceeded) {
    request.caller = co_await url_caller(exchange, request.body);
    std::string event = url_event(request);
    if (event.size() <= kMaxPayloadBytes) co_return event;
  }
  co_await exchange.send(too_large());
  co_return std::nullopt;
}

Task<> LambdaService::answer_whole(UrlExchange& exchange, environments::Invocation invocation) {
  const Ran ran = co_await run(exchange.function, exchange.partition, std::move(invocation));
  exchange.trace = ran.trace;
  co_await exchange.send(response_of(ran.outcome));
}

Task<> LambdaService::answer_streamed(UrlExchange& exchange, environments::Invocation invocation) {
  const ChannelReader answer(begin_streamed(exchange.function, exchange.partition, std::move(invocation)));
  const bool begun = co_await answer->begun();
  exchange.trace = answer->trace();
  if (!begun) co_return co_await exchange.send(response_of(answer->outcome()));
  net::Response response;
  if (answer->content_type().starts_with(kHttpResponseType)) {
    PreludeReader prelude;
    auto state = PreludeReader::State::kMore;
    while (state == PreludeReader::State::kMore) {
      const auto piece = co_await answer->next();
      state = piece ? prelude.take(*piece) : PreludeReader::State::kMalformed;
    }
    if (state == PreludeReader::State::kMalformed) co_return co_await exchange.send(bad_gateway());
    response = std::move(prelude.response());
  } else {
    const std::string& type = answer->content_type();
    response.headers.set("Content-Type", type.empty() ? "application/octet-stream" : type);
  }
  exchange.finish_headers(response.headers);
  co_await exchange.writer.start(response.status, std::move(response.headers));
  co_await exchange.writer.write(response.body);
  while (const auto piece = co_await answer->next())
    if (!piece->empty()) co_await exchange.writer.write(*piece);
  // The status is long gone: a client sees a failure by an answer that breaks off.
  if (!answer->outcome().succeeded()) throw net::Disconnected();
  co_await exchange.writer.finish();
}

Task<> LambdaService::answer_found_url(UrlExchange& exchange) {
  const net::RequestHead& head = exchange.request.head();
  if (exchange.url.cors && asks_for_permission(head))
    co_return co_await exchange.send(permission(*exchange.url.cors, head));
  auto event = co_await url_event_of(exchange);
  if (!event) co_return;
  environments::Invocation invocation{
      .request_id = exchange.request_id,
      .payload = std::move(*event),
      .invoked_function_arn = exchange.function.qualified_arn(exchange.partition),
      .client_context = {},
      .cognito_identity = {},
      .trace_id = std::string(head.headers.get("x-amzn-trace-id"))};
  if (exchange.url.invoke_mode == "RESPONSE_STREAM")
    co_await answer_streamed(exchange, std::move(invocation));
  else
    co_await answer_whole(exchange, std::move(invocation));
}

Task<> LambdaService::answer_url(UrlCall call, net::Request& request, net::ResponseWriter& writer) {
  UrlExchange exchange{.call = call,
                       .request = request,
                       .writer = writer,
                       .function = {},
                       .url = {},
                       .partition = {},
                       .request_id = with_.ids.uuid(),
                       .trace = {}};
  std::optional<net::Response> response;
  try {
    if (co_await find_url(exchange)) co_await answer_found_url(exchange);
  } catch (const aws::Error& error) {
    response = response_of(error);
  } catch (const boost::system::system_error&) {
    throw;  // the server ends the connection
  } catch (const std::runtime_error& error) {
    log::error("a request to a function URL failed",
               {{"request_id", exchange.request_id}, {"error", error.what()}});
    response = refusal(500, "Internal Server Error");
  }
  if (!response) co_return;
  if (writer.started()) throw net::Disconnected();
  co_await exchange.send(std::move(*response));
}

}  // namespace martlet::lambda
