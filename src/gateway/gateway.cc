#include "gateway/gateway.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <map>

#include "base/log.h"
#include "base/strings.h"
#include "gateway/call.h"
#include "gateway/cors.h"
#include "gateway/limits.h"
#include "gateway/request_metrics.h"
#include "wire/admission.h"
#include "wire/errors.h"

namespace martlet::gateway {

namespace {

struct OwnEndpoint {
  std::string method;
  std::string path;
  net::Handler handler;

  [[nodiscard]] bool covers(std::string_view asked) const {
    return asked.starts_with(path) &&
           (asked.size() == path.size() || asked[path.size()] == '/' || path.ends_with('/'));
  }
  [[nodiscard]] bool takes(std::string_view asked) const {
    return method == "*" || method == asked || (method == "GET" && asked == "HEAD");
  }
};

bool names_a_service(const net::RequestHead& head) {
  const auto host = net::parse_host_port(head.headers.get("host"));
  return host && !parse_host_name(host->host).service_part.empty();
}

net::Response plain_error(int status, const std::string& message) {
  return {status, {{"Content-Type", "application/json"}}, "{\"message\":" + quote_json(message) + "}"};
}

/// Whether the path may have another form that is signed in its place; false for nearly all.
bool may_be_normalised(std::string_view path) {
  return path.find("//") != std::string_view::npos || path.find("/.") != std::string_view::npos;
}

/// What is the server's business, not the caller's.
bool passes_through(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const net::Disconnected&) {
    return true;
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

void log_bug(const Call& call, const char* what) {
  log::error("a request failed", {{"request_id", call.request_id},
                                  {"service", call.model() == nullptr ? "unknown" : call.model()->name},
                                  {"operation", call.operation == nullptr ? "unknown" : call.operation->name},
                                  {"error", what}});
}

/// The fields of a request whose body was aws-chunked, as if it had not been: without that coding, and with
/// the trailers among them.
std::vector<wire::HeaderField> decoded_fields(const net::RequestHead& head, const net::Headers& trailers) {
  std::vector<wire::HeaderField> fields;
  for (const auto& [name, value] : head.headers) {
    if (!net::same_name(name, "content-encoding")) {
      fields.emplace_back(name, value);
      continue;
    }
    std::string left;
    for (const std::string_view coding : split(value, ',')) {
      const std::string_view bare = coding.substr(std::min(coding.find_first_not_of(' '), coding.size()));
      if (!net::same_name(bare, "aws-chunked")) left += (left.empty() ? "" : ",") + std::string(bare);
    }
    if (!left.empty()) fields.emplace_back(name, left);
  }
  fields.insert(fields.end(), trailers.begin(), trailers.end());
  return fields;
}

/// Carries an answer that comes in pieces to the client.
class Transport final : public wire::StreamTransport {
 public:
  /// `origin`: the page that asks and may read the answer; empty when none does.
  Transport(net::ResponseWriter& writer, std::string_view origin) : writer_(writer), origin_(origin) {}

  Task<> start(wire::Answer head) override {
    status_ = head.status;
    net::Headers headers(std::move(head.headers));
    if (!origin_.empty()) add_cors_headers(headers, origin_);
    co_await writer_.start(head.status, std::move(headers));
    co_await writer_.write({});
  }
  Task<> write(std::string bytes) override { co_await writer_.write(bytes); }

  /// Of the answer, once it was started.
  [[nodiscard]] int status() const { return status_; }

 private:
  net::ResponseWriter& writer_;
  std::string_view origin_;
  int status_ = 0;
};

/// Has the authorizer decide about one call.
class CallAdmission final : public wire::Admission {
 public:
  CallAdmission(Authorizer& authorizer, const Credentials* credentials, const Call& call)
      : authorizer_(authorizer), credentials_(credentials), call_(call) {}

  Task<> admit(const void* input) override {
    return authorizer_.authorize(credentials_, call_.context, *call_.model(), *call_.operation, input);
  }

 private:
  Authorizer& authorizer_;
  const Credentials* credentials_;
  const Call& call_;
};

/// Where hosts of services are found by path: "/_martlet/KIND/SUBJECT/...".
constexpr std::string_view kHostPaths = "/_martlet/";

}  // namespace

struct Gateway::Impl {
  Impl(GatewayParts with, GatewayOptions chosen)
      : parts(with),
        options(std::move(chosen)),
        authenticator(with.clock, options.auth, options.account, with.credentials),
        request_metrics(with.metrics) {}

  /// Whether a web page from elsewhere makes this request; only an open server minds.
  [[nodiscard]] bool is_foreign_page(const net::RequestHead& head) const;
  /// The endpoint of Martlet's own that a request is for; null when it is for a service.
  [[nodiscard]] const net::Handler* own_endpoint(const net::RequestHead& head) const;
  /// The tag of the environment that a request comes from; empty when it comes from elsewhere.
  [[nodiscard]] std::string environment_of(const net::Request& request) const;
  [[nodiscard]] Call begin(const net::Request& request) const;
  Task<> answer_service(net::Request& request, net::ResponseWriter& writer, Call call);
  /// The answer; where the operation streams it, it has gone to `transport` and what is returned is empty.
  Task<wire::Answer> perform(Call& call, net::Request& request, Transport& transport);
  /// The handler of a host that the path names, and what it names; nullptr for most requests.
  const HostHandler* host_in_path(const net::RequestHead& head, HostTarget& target) const;
  Task<std::string> read_body(Call& call, net::Request& request);
  Task<wire::Answer> call_operation(Call& call, DecodedBody body, Transport& transport);
  void find_operation(Call& call, const std::string& body) const;
  static void fill_origin(wire::Context& context, const net::Request& request);
  void fill_context(Call& call, const Claim& claim, const net::Request& request) const;
  wire::Answer render(const Call& call, std::exception_ptr failure) const;

  GatewayParts parts;
  GatewayOptions options;
  Authenticator authenticator;
  RequestMetrics request_metrics;
  ServiceRouter router;
  std::vector<std::unique_ptr<wire::Endpoint>> services;
  std::vector<OwnEndpoint> endpoints;
  std::map<std::string, HostHandler> hosts;
};

bool Gateway::Impl::is_foreign_page(const net::RequestHead& head) const {
  if (options.auth == AuthMode::kEnforce) return false;
  const auto origin = head.headers.find("origin");
  return origin && !is_allowed_origin(*origin, options.allowed_origins);
}

const net::Handler* Gateway::Impl::own_endpoint(const net::RequestHead& head) const {
  static const net::Handler kNotFound = [](net::Request& request, net::ResponseWriter& writer) -> Task<> {
    co_await writer.send(plain_error(404, "There is no " + std::string(request.head().path()) + " here."));
  };
  static const net::Handler kWrongMethod = [](net::Request& request, net::ResponseWriter& writer) -> Task<> {
    co_await writer.send(plain_error(405, request.head().method + " is not what this endpoint answers."));
  };
  // No bucket or function can have such a name, so these paths are never a service's.
  const bool reserved = head.path().starts_with("/_martlet/") || head.path().starts_with("/_localstack/");
  const net::Handler* found = reserved ? &kNotFound : nullptr;
  for (const OwnEndpoint& endpoint : endpoints) {
    if (!endpoint.covers(head.path())) continue;
    if (endpoint.takes(head.method)) {
      found = &endpoint.handler;
      break;
    }
    found = &kWrongMethod;
  }
  if (found == nullptr || names_a_service(head)) return nullptr;
  const bool may_be_a_bucket = !head.path().starts_with("/_");
  if (may_be_a_bucket && parse_signature(head).kind != SignatureKind::kNone) return nullptr;
  return found;
}

std::string Gateway::Impl::environment_of(const net::Request& request) const {
  return options.listener.empty() || request.listener() == options.listener ? std::string()
                                                                            : request.listener();
}

Call Gateway::Impl::begin(const net::Request& request) const {
  const net::RequestHead& head = request.head();
  Call call{.head = head,
            .request_id = parts.ids.uuid(),
            .started = parts.clock.elapsed(),
            .signature = parse_signature(head),
            .route = {}};
  call.route = router.find(head, call.signature);
  call.protocol = call.route.service == nullptr ? guess_protocol(head, call.signature)
                                                : call.route.service->protocol_of(view_of(head));
  const wire::ServiceModel* model = call.model();
  if (!call.route.subject.empty() && model != nullptr && model->signing_name == "s3")
    call.path = "/" + call.route.subject + std::string(head.path());
  // Signatures cover normalised paths, so those are what must be acted upon.
  const bool is_s3 = model == nullptr || model->signing_name == "s3";
  if (!is_s3 && may_be_normalised(head.path())) call.path = normalise_path(head.path());
  call.context.request_id = call.request_id;
  call.context.region = usable_region(call.route.region, options.region);
  call.context.partition = partition_of(call.context.region);
  return call;
}

void Gateway::Impl::find_operation(Call& call, const std::string& body) const {
  const wire::RequestView view = call.view(body);
  if (call.route.service == nullptr && call.route.asked_for.empty() &&
      call.protocol == wire::Protocol::kQuery) {
    // An unsigned form for plain localhost: only its Action tells.
    const auto form = net::parse_form(body.empty() ? call.head.query() : std::string_view(body));
    if (form) call.route.service = router.find_by_form(*form);
  }
  if (call.route.service == nullptr) throw unknown_service(call.route);
  call.operation = call.route.service->find_operation(call.protocol, view);
  if (call.operation == nullptr) throw call.route.service->unknown_operation(call.protocol, view);
}

Task<std::string> Gateway::Impl::read_body(Call& call, net::Request& request) {
  const std::string_view service = call.model() == nullptr ? std::string_view() : call.model()->name;
  const BodyLimit limit = body_limit(service, call.operation == nullptr ? "" : call.operation->name);
  bool exceeded = false;
  std::string body;
  try {
    body = co_await request.read_all(limit.bytes);
  } catch (const net::TooLarge&) {
    exceeded = true;
  }
  if (exceeded) throw too_large(service, limit);
  co_return body;
}

void Gateway::Impl::fill_origin(wire::Context& context, const net::Request& request) {
  context.base_url = base_url(request.head(), request.is_tls());
  context.source_ip = request.remote_address();
  context.user_agent = request.head().headers.get("user-agent");
}

void Gateway::Impl::fill_context(Call& call, const Claim& claim, const net::Request& request) const {
  wire::Context& context = call.context;
  context.caller = claim.caller;
  context.account = claim.caller.account.empty() ? options.account : claim.caller.account;
  fill_origin(context, request);
  context.caller_has_gone = [&request] { return request.client_has_gone(); };
  context.trace_header = call.head.headers.get("x-amzn-trace-id");
}

Task<wire::Answer> Gateway::Impl::call_operation(Call& call, DecodedBody body, Transport& transport) {
  wire::RequestView view = call.view(body.data);
  std::vector<wire::HeaderField> headers;
  if (body.was_chunked) {
    headers = decoded_fields(call.head, body.trailers);
    view.headers = headers;
  }
  const wire::Endpoint& service = *call.route.service;
  if (call.operation->event_stream() == nullptr)
    co_return co_await service.call(*call.operation, call.protocol, view, call.context);
  co_await service.call_streaming(*call.operation, call.protocol, view, call.context, transport);
  co_return wire::Answer{};
}

Task<wire::Answer> Gateway::Impl::perform(Call& call, net::Request& request, Transport& transport) {
  // In the Query protocol the body names the operation; elsewhere it is known before the body is accepted.
  const bool body_first = call.protocol == wire::Protocol::kQuery;
  if (!body_first) find_operation(call, {});
  Claim claim{.head = call.head,
              .signature = call.signature,
              .dialect = dialect_of(call.protocol, call.model()),
              .partition = call.context.partition,
              .environment = environment_of(request),
              .named_service = std::string(call.route.named_service)};
  std::string body;
  if (body_first) {
    body = co_await read_body(call, request);
    find_operation(call, body);
  }
  claim.unsigned_allowed = call.operation->unsigned_allowed;
  co_await authenticator.identify(claim);
  if (!body_first) body = co_await read_body(call, request);
  DecodedBody decoded = authenticator.verify(claim, std::move(body));
  fill_context(call, claim, request);
  if (parts.observer != nullptr) parts.observer->called(call.context, *call.model(), *call.operation);
  const Credentials* credentials = claim.credentials ? &*claim.credentials : nullptr;
  if (parts.authorizer == nullptr || !parts.authorizer->concerns(credentials))
    co_return co_await call_operation(call, std::move(decoded), transport);
  CallAdmission admission(*parts.authorizer, credentials, call);
  call.context.admission = &admission;
  co_return co_await call_operation(call, std::move(decoded), transport);
}

wire::Answer Gateway::Impl::render(const Call& call, std::exception_ptr failure) const {
  try {
    std::rethrow_exception(failure);
  } catch (const aws::Error& error) {
    return wire::encode_error(call.protocol, call.model(), error, call.request_id);
  } catch (const std::exception& error) {
    log_bug(call, error.what());
  } catch (...) {
    log_bug(call, "an exception of unknown type");
  }
  return wire::encode_error(call.protocol, call.model(), internal_failure(call.model()), call.request_id);
}

Task<> Gateway::Impl::answer_service(net::Request& request, net::ResponseWriter& writer, Call call) {
  wire::Answer answer;
  std::exception_ptr failure;
  const std::string_view origin =
      is_foreign_page(call.head) ? std::string_view() : call.head.headers.get("origin");
  Transport transport(writer, origin);
  try {
    if (is_foreign_page(call.head))
      throw aws::Error(
          "AccessDenied",
          "A web page from another origin asks for this. Start the server with that origin allowed.", 403);
    answer = co_await perform(call, request, transport);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure && passes_through(failure)) std::rethrow_exception(failure);
  if (failure) answer = render(call, failure);
  if (writer.started()) {
    request_metrics.record(call.model(), call.operation, failure ? answer.status : transport.status(),
                           parts.clock.elapsed() - call.started);
    // The head is gone, so a failure can only be shown by an answer that breaks off.
    if (failure) throw net::Disconnected();
    co_return co_await writer.finish();
  }
  request_metrics.record(call.model(), call.operation, answer.status, parts.clock.elapsed() - call.started);
  net::Response response{answer.status, net::Headers(std::move(answer.headers)), std::move(answer.body)};
  if (!origin.empty()) add_cors_headers(response.headers, origin);
  co_await writer.send(std::move(response));
}

Gateway::Gateway(GatewayParts parts, GatewayOptions options)
    : impl_(std::make_unique<Impl>(parts, std::move(options))) {}

Gateway::~Gateway() = default;

void Gateway::register_service(wire::BoundService service) {
  impl_->services.push_back(std::make_unique<wire::Endpoint>(service));
  impl_->router.add(*impl_->services.back());
}

void Gateway::register_endpoint(std::string method, std::string path, net::Handler handler) {
  impl_->endpoints.push_back({std::move(method), std::move(path), std::move(handler)});
}

void Gateway::register_host(std::string kind, HostHandler handler) {
  impl_->router.add_host_kind(kind);
  impl_->hosts[std::move(kind)] = std::move(handler);
}

const HostHandler* Gateway::Impl::host_in_path(const net::RequestHead& head, HostTarget& target) const {
  std::string_view rest = head.target;
  if (!rest.starts_with(kHostPaths) || names_a_service(head)) return nullptr;
  rest.remove_prefix(kHostPaths.size());
  const auto found = hosts.find(std::string(rest.substr(0, rest.find_first_of("/?"))));
  if (found == hosts.end()) return nullptr;
  rest.remove_prefix(std::min(rest.size(), found->first.size() + 1));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  target.subject = rest.substr(0, end);
  rest.remove_prefix(end);
  target.target = (rest.starts_with('/') ? "" : "/") + std::string(rest);
  return &found->second;
}

Task<Signer> Gateway::authenticate(const net::Request& request, std::string body) {
  const net::RequestHead& head = request.head();
  const Signature signature = parse_signature(head);
  Claim claim{.head = head,
              .signature = signature,
              .dialect = Dialect::kRestJson,
              .partition = partition_of(usable_region(signature.scope.region, impl_->options.region)),
              .environment = impl_->environment_of(request),
              .unsigned_allowed = true};
  co_await impl_->authenticator.identify(claim);
  impl_->authenticator.verify(claim, std::move(body));
  co_return Signer{.caller = claim.caller,
                   .service = signature.scope.service,
                   .is_signed = signature.kind != SignatureKind::kNone,
                   .is_function = claim.credentials && !claim.credentials->environment.empty(),
                   .entity_id = claim.credentials ? claim.credentials->entity_id : std::string()};
}

wire::Context Gateway::origin_of(const net::Request& request) const {
  wire::Context context;
  Impl::fill_origin(context, request);
  return context;
}

Task<> Gateway::handle(net::Request& request, net::ResponseWriter& writer) {
  const net::RequestHead& head = request.head();
  HostTarget in_path;
  if (const HostHandler* handler = impl_->host_in_path(head, in_path))
    co_return co_await (*handler)(in_path, request, writer);
  if (const net::Handler* own = impl_->own_endpoint(head)) {
    if (impl_->is_foreign_page(head)) {
      co_await writer.send(plain_error(403, "A web page from another origin asks for this."));
      co_return;
    }
    co_await (*own)(request, writer);
    co_return;
  }
  Call call = impl_->begin(request);
  if (!call.route.host_kind.empty()) {
    const HostTarget target{call.route.subject, call.context.region, head.target};
    co_await impl_->hosts.at(call.route.host_kind)(target, request, writer);
    co_return;
  }
  if (impl_->options.auth == AuthMode::kOpen && is_preflight(head) && !impl_->is_foreign_page(head)) {
    co_await writer.send(preflight_answer(head));
    co_return;
  }
  co_await impl_->answer_service(request, writer, std::move(call));
}

net::Handler Gateway::handler() {
  return [this](net::Request& request, net::ResponseWriter& writer) { return handle(request, writer); };
}

}  // namespace martlet::gateway
