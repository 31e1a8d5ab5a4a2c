// Requests to function URLs: from HTTP to an event, and from the function's answer back to HTTP.

#include "services/lambda/url_requests.h"

#include <boost/system/system_error.hpp>

#include "base/log.h"
#include "base/strings.h"
#include "services/lambda/attachments.h"
#include "services/lambda/errors.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
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
  return refusal(413,
                 "Exceeded maximum allowed payload size (" + std::to_string(kMaxPayloadBytes) + " bytes).");
}

/// The function's fault, of which its callers learn nothing.
net::Response bad_gateway() { return {502, {{"Content-Type", "application/json"}}, "Internal Server Error"}; }

net::Response response_of(const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::kThrottled) return refusal(429, "Rate Exceeded.");
  if (!outcome.succeeded()) return bad_gateway();
  return url_response(outcome.payload).value_or(bad_gateway());
}

aws::Error forbidden() {
  return {"AccessDeniedException",
          "Forbidden. For troubleshooting Function URL authorization issues, see: "
          "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
          403};
}

aws::Error wrong_service() {
  return {"InvalidSignatureException", "Credential should be scoped to correct service: 'lambda'.", 403};
}

net::Response response_of(const aws::Error& error) {
  // What stands between a URL and its function is not for the caller to see.
  if (error.status() == 404) return refusal(404, {});
  net::Response response = refusal(error.status(), error.message());
  response.headers.set("x-amzn-ErrorType", error.code());
  return response;
}

}  // namespace

/// One request on its way; lives in the frame of answer_url().
class LambdaService::UrlExchange {
 public:
  UrlExchange(LambdaService& service, UrlCall call, net::Request& request, net::ResponseWriter& writer)
      : service_(service),
        call_(std::move(call)),
        request_(request),
        writer_(writer),
        request_id_(service.with_.ids.uuid()) {}

  Task<> answer();
  /// Sends an answer, once: with what every answer has.
  Task<> send(net::Response response);
  [[nodiscard]] const std::string& request_id() const { return request_id_; }

 private:
  /// Fills in function and URL. Throws aws::Error when there is none, or not for everybody.
  Task<> find();
  /// Who calls; nullopt where everybody may. Throws aws::Error for callers that may not.
  Task<std::optional<wire::Caller>> caller(std::string body);
  /// Throws net::TooLarge.
  Task<std::string> event();
  Task<> answer_whole(environments::Invocation invocation);
  Task<> answer_streamed(environments::Invocation invocation);
  /// The beginning of a streamed answer; nullopt when it is malformed.
  Task<std::optional<net::Response>> head_of(const ChannelReader& answer);
  void finish_headers(net::Headers& headers) const;

  LambdaService& service_;
  UrlCall call_;
  net::Request& request_;
  net::ResponseWriter& writer_;
  FunctionName function_;
  FunctionUrlRecord url_;
  std::string partition_;
  std::string request_id_;
  std::string trace_;
};

void LambdaService::UrlExchange::finish_headers(net::Headers& headers) const {
  if (url_.cors) apply_cors(*url_.cors, request_.head(), headers);
  headers.set("x-amzn-RequestId", request_id_);
  if (!trace_.empty()) headers.set("X-Amzn-Trace-Id", trace_);
}

Task<> LambdaService::UrlExchange::send(net::Response response) {
  finish_headers(response.headers);
  co_await writer_.send(std::move(response));
}

Task<> LambdaService::UrlExchange::find() {
  const bool found = co_await service_.with_.store.transact([&](store::Txn& txn) -> Task<bool> {
    const auto owner = co_await find_url_owner(txn, call_.id);
    if (!owner || (!call_.region.empty() && owner->region != call_.region)) co_return false;
    const auto url = co_await load_url(txn, *owner);
    if (!url) co_return false;
    function_ = *owner;
    url_ = *url;
    co_return true;
  });
  if (!found) throw resource_not_found();
  partition_ = partition_of(function_.region);
}

Task<std::optional<wire::Caller>> LambdaService::UrlExchange::caller(std::string body) {
  const bool for_everybody = url_.auth_type == "NONE";
  UrlSigner signer;
  if (!for_everybody) {
    signer = co_await call_.authenticate(std::move(body));
    if (!signer.is_signed) throw forbidden();
    if (signer.service != "lambda") throw wrong_service();
  }
  if (call_.may_call) {
    const bool may = co_await call_.may_call(
        {.signer = signer, .function_arn = function_.qualified_arn(partition_), .auth_type = url_.auth_type});
    if (!may) throw forbidden();
  }
  if (for_everybody) co_return std::nullopt;
  co_return signer.caller;
}

Task<std::string> LambdaService::UrlExchange::event() {
  UrlRequest request{.method = request_.head().method,
                     .target = call_.target,
                     .headers = request_.head().headers,
                     .body = co_await request_.read_all(kMaxPayloadBytes),
                     .source_ip = request_.remote_address(),
                     .is_tls = request_.is_tls(),
                     .url_id = url_.id,
                     .domain_name = url_.id + ".lambda-url." + function_.region + ".on.aws",
                     .request_id = request_id_,
                     .time = service_.with_.clock.now(),
                     .caller = {}};
  request.caller = co_await caller(request.body);
  std::string event = url_event(request);
  if (event.size() > kMaxPayloadBytes) throw net::TooLarge();
  co_return event;
}

Task<> LambdaService::UrlExchange::answer_whole(environments::Invocation invocation) {
  const Ran ran = co_await service_.run(function_, partition_, std::move(invocation));
  trace_ = ran.trace;
  co_await send(response_of(ran.outcome));
}

Task<std::optional<net::Response>> LambdaService::UrlExchange::head_of(const ChannelReader& answer) {
  const std::string& type = answer->content_type();
  if (!type.starts_with(kHttpResponseType)) {
    net::Response response;
    response.headers.set("Content-Type", type.empty() ? "application/octet-stream" : type);
    co_return response;
  }
  PreludeReader prelude;
  while (const auto piece = co_await answer->next()) {
    const auto state = prelude.take(*piece);
    if (state == PreludeReader::State::kDone) co_return std::move(prelude.response());
    if (state == PreludeReader::State::kMalformed) break;
  }
  co_return std::nullopt;
}

Task<> LambdaService::UrlExchange::answer_streamed(environments::Invocation invocation) {
  const ChannelReader answer(service_.begin_streamed(function_, partition_, std::move(invocation)));
  const bool begun = co_await answer->begun();
  trace_ = answer->trace();
  if (!begun) co_return co_await send(response_of(answer->outcome()));
  auto head = co_await head_of(answer);
  if (!head) co_return co_await send(bad_gateway());
  finish_headers(head->headers);
  co_await writer_.start(head->status, std::move(head->headers));
  co_await writer_.write(head->body);
  while (const auto piece = co_await answer->next())
    if (!piece->empty()) co_await writer_.write(*piece);
  // The status is long gone: a client sees a failure by an answer that breaks off.
  if (!answer->outcome().succeeded()) throw net::Disconnected();
  co_await writer_.finish();
}

Task<> LambdaService::UrlExchange::answer() {
  co_await find();
  const net::RequestHead& head = request_.head();
  if (url_.cors && asks_for_permission(head)) {
    net::Response response = permission(*url_.cors, head);
    response.headers.set("x-amzn-RequestId", request_id_);
    co_return co_await writer_.send(std::move(response));
  }
  std::string payload = co_await event();
  environments::Invocation invocation{.request_id = request_id_,
                                      .payload = std::move(payload),
                                      .invoked_function_arn = function_.qualified_arn(partition_),
                                      .client_context = {},
                                      .cognito_identity = {},
                                      .trace_id = std::string(head.headers.get("x-amzn-trace-id"))};
  if (url_.invoke_mode == "RESPONSE_STREAM")
    co_await answer_streamed(std::move(invocation));
  else
    co_await answer_whole(std::move(invocation));
}

Task<> LambdaService::answer_url(UrlCall call, net::Request& request, net::ResponseWriter& writer) {
  UrlExchange exchange(*this, std::move(call), request, writer);
  std::optional<net::Response> refused;
  try {
    co_await exchange.answer();
  } catch (const aws::Error& error) {
    refused = response_of(error);
  } catch (const net::TooLarge&) {
    refused = too_large();
  } catch (const boost::system::system_error&) {
    throw;  // the server ends the connection
  } catch (const std::runtime_error& error) {
    log::error("a request to a function URL failed",
               {{"request_id", exchange.request_id()}, {"error", error.what()}});
    refused = refusal(500, "Internal Server Error");
  }
  if (!refused) co_return;
  if (writer.started()) throw net::Disconnected();
  co_await exchange.send(std::move(*refused));
}

}  // namespace martlet::lambda
