#include "environments/runtime_api.h"

#include "environments/platform_log.h"

namespace martlet::environments {

namespace {

constexpr std::string_view kPrefix = "/2018-06-01/runtime/";
constexpr std::string_view kFunctionPath = "/2018-06-01/martlet/function";
/// Error documents are logged and returned, so they may be as long as answers.
constexpr std::size_t kMaxErrorBytes = kMaxResponseBytes;
/// What is read and dropped of an answer that is too long, so that the connection can go on.
constexpr std::size_t kMaxDroppedBytes = 256 << 20;

net::Response json(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

/// The Runtime API writes errorMessage and errorType.
net::Response refusal(int status, std::string_view type, std::string_view message) {
  return json(status, error_document(type, message));
}

net::Response response_to(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return json(202, "{\"status\":\"OK\"}\n");
    case Verdict::kUnknownRequest:
      return refusal(400, "InvalidRequestID", "Invalid request ID");
    case Verdict::kWrongState:
      break;
  }
  return refusal(403, "InvalidStateTransition",
                 "The environment is not in a state in which it takes this message");
}

/// The whole body; nullopt when it is longer than `limit`, in which case it has been read and dropped.
Task<std::optional<std::string>> read_body(net::Request& request, std::size_t limit) {
  std::string body;
  std::size_t total = 0;
  if (const auto declared = request.head().headers.find("Content-Length"))
    if (const auto length = std::strtoull(std::string(*declared).c_str(), nullptr, 10); length <= limit)
      co_return co_await request.read_all(limit);
  for (;;) {
    const std::string piece = co_await request.read_some(64 << 10);
    if (piece.empty()) break;
    total += piece.size();
    if (total > kMaxDroppedBytes) throw net::TooLarge();
    if (total <= limit)
      body += piece;
    else
      std::string().swap(body);
  }
  if (total > limit) co_return std::nullopt;
  co_return body;
}

}  // namespace

RuntimeApi::RuntimeApi(Executor executor, Clock& clock) {
  net::ServerOptions options;
  // A function may stream its answer slowly and rest for as long as it is kept: its own timeout is the only
  // one.
  options.idle_timeout = std::chrono::hours(24);
  options.read_timeout = std::chrono::hours(1);
  options.max_connections = 100'000;
  server_ = std::make_unique<net::Server>(
      std::move(executor), clock, options,
      [this](net::Request& request, net::ResponseWriter& writer) { return answer(request, writer); });
}

RuntimeApi::~RuntimeApi() = default;

void RuntimeApi::attach(int listening_fd, const std::string& tag, std::weak_ptr<RuntimeHost> host) {
  attached_[tag] = {.listener = server_->adopt(listening_fd, tag), .host = std::move(host)};
}

void RuntimeApi::hand_over(const std::string& tag, std::weak_ptr<RuntimeHost> host) {
  attached_.at(tag).host = std::move(host);
}

void RuntimeApi::detach(const std::string& tag) {
  const auto found = attached_.find(tag);
  if (found == attached_.end()) return;
  const std::uint64_t listener = found->second.listener;
  attached_.erase(found);
  server_->remove(listener);
}

Task<> RuntimeApi::stop() { co_await server_->drain(Duration::zero()); }

Task<> RuntimeApi::answer(net::Request& request, net::ResponseWriter& writer) {
  const auto found = attached_.find(request.listener());
  const auto host = found == attached_.end() ? nullptr : found->second.host.lock();
  std::string_view path = request.head().path();
  if (host && path == kFunctionPath && request.head().method == "GET") {
    co_await answer_function(host, writer);
    co_return;
  }
  if (!host || !path.starts_with(kPrefix)) {
    co_await writer.send(refusal(404, "NotFound", "The Runtime API has no such resource"));
    co_return;
  }
  path.remove_prefix(kPrefix.size());
  const bool get = request.head().method == "GET";
  const bool post = request.head().method == "POST";
  constexpr std::string_view kInvocation = "invocation/";
  if (get && path == "invocation/next") {
    co_await answer_next(host, writer);
  } else if (post && path == "init/error") {
    co_await take_error(host, {}, request, writer);
  } else if (post && path.starts_with(kInvocation) && path.ends_with("/response")) {
    path.remove_prefix(kInvocation.size());
    co_await take_response(host, std::string(path.substr(0, path.rfind('/'))), request, writer);
  } else if (post && path.starts_with(kInvocation) && path.ends_with("/error")) {
    path.remove_prefix(kInvocation.size());
    co_await take_error(host, std::string(path.substr(0, path.rfind('/'))), request, writer);
  } else {
    co_await writer.send(refusal(404, "NotFound", "The Runtime API has no such resource"));
  }
}

Task<> RuntimeApi::answer_function(std::shared_ptr<RuntimeHost> host, net::ResponseWriter& writer) {
  std::optional<std::string> document = co_await host->function();
  co_await writer.send(document ? json(200, std::move(*document)) : response_to(Verdict::kWrongState));
}

Task<> RuntimeApi::answer_next(std::shared_ptr<RuntimeHost> host, net::ResponseWriter& writer) {
  std::optional<Event> event = co_await host->next();
  if (event) {
    event->headers.add("Content-Type", "application/json");
    co_await writer.send(
        {.status = 200, .headers = std::move(event->headers), .body = std::move(event->payload)});
  } else {
    co_await writer.send(response_to(Verdict::kWrongState));
  }
}

Task<> RuntimeApi::take_response(std::shared_ptr<RuntimeHost> host, std::string id, net::Request& request,
                                 net::ResponseWriter& writer) {
  std::optional<std::string> body = co_await read_body(request, kMaxResponseBytes);
  if (!body) {
    const Verdict verdict = co_await host->respond_too_large(std::move(id));
    co_await writer.send(verdict == Verdict::kAccepted
                             ? refusal(413, "RequestEntityTooLarge",
                                       "Exceeded maximum allowed payload size (" +
                                           std::to_string(kMaxResponseBytes) + " bytes).")
                             : response_to(verdict));
    co_return;
  }
  // A streamed answer that failed half-way says so after its last piece.
  const net::Headers& trailers = request.trailers();
  Verdict verdict = Verdict::kAccepted;
  if (const auto type = trailers.find("Lambda-Runtime-Function-Error-Type")) {
    RuntimeError error{.type = std::string(*type), .document = {}};
    error.document = error_document(error.type, trailers.get("Lambda-Runtime-Function-Error-Body"));
    verdict = co_await host->fail(std::move(id), std::move(error));
  } else {
    verdict = co_await host->respond(std::move(id), std::move(*body));
  }
  co_await writer.send(response_to(verdict));
}

Task<> RuntimeApi::take_error(std::shared_ptr<RuntimeHost> host, std::string id, net::Request& request,
                              net::ResponseWriter& writer) {
  std::optional<std::string> body = co_await read_body(request, kMaxErrorBytes);
  RuntimeError error{.type = std::string(request.head().headers.get("Lambda-Runtime-Function-Error-Type")),
                     .document = body ? std::move(*body) : std::string()};
  if (error.document.empty())
    error.document = error_document(error.type.empty() ? "Runtime.Unknown" : error.type, "");
  const Verdict verdict = id.empty() ? co_await host->fail_init(std::move(error))
                                     : co_await host->fail(std::move(id), std::move(error));
  co_await writer.send(response_to(verdict));
}

}  // namespace martlet::environments
