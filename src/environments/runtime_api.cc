#include "environments/runtime_api.h"

#include "base/crypto.h"
#include "environments/api_answers.h"
#include "environments/credentials_endpoint.h"
#include "environments/extensions_api.h"
#include "environments/platform_log.h"
#include "environments/telemetry_api.h"

namespace martlet::environments {

namespace {

constexpr std::string_view kPrefix = "/2018-06-01/runtime/";
constexpr std::string_view kFunctionPath = "/2018-06-01/martlet/function";
constexpr std::string_view kInvocation = "invocation/";
/// Error documents are logged and returned, so they may be as long as answers.
constexpr std::size_t kMaxErrorBytes = kMaxResponseBytes;
/// What is read and dropped of an answer that is too long, so that the connection can go on.
constexpr std::size_t kMaxDroppedBytes = 256 << 20;
constexpr std::size_t kPieceBytes = 64 << 10;

using Host = std::shared_ptr<RuntimeHost>;

/// The whole body; nullopt when it is longer than `limit`, in which case it has been read and dropped.
Task<std::optional<std::string>> read_body(net::Request& request, std::size_t limit) {
  std::string body;
  std::size_t total = 0;
  if (const auto declared = request.head().headers.find("Content-Length"))
    if (const auto length = std::strtoull(std::string(*declared).c_str(), nullptr, 10); length <= limit)
      co_return co_await request.read_all(limit);
  for (;;) {
    const std::string piece = co_await request.read_some(kPieceBytes);
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

/// What a streamed answer says after its last piece when it failed half-way. The body is Base64; runtimes
/// that send plain text are understood too.
std::optional<RuntimeError> error_in_trailers(const net::Headers& trailers) {
  const auto type = trailers.find("Lambda-Runtime-Function-Error-Type");
  if (!type) return std::nullopt;
  RuntimeError error{.type = std::string(*type), .document = {}};
  const std::string_view body = trailers.get("Lambda-Runtime-Function-Error-Body");
  std::string text = base64_decode(body).value_or(std::string(body));
  error.document = text.starts_with('{') ? std::move(text) : error_document(error.type, text);
  return error;
}

Task<> refuse_length(Host host, std::string id, std::size_t limit, net::ResponseWriter& writer) {
  const Verdict verdict = co_await host->respond_too_large(std::move(id), limit);
  co_await writer.send(verdict == Verdict::kAccepted ? api_refusal(413, "RequestEntityTooLarge",
                                                                   "Exceeded maximum allowed payload size (" +
                                                                       std::to_string(limit) + " bytes).")
                                                     : response_to(verdict));
}

Task<> answer_next(Host host, net::ResponseWriter& writer) {
  std::optional<Event> event = co_await host->next();
  if (event) {
    event->headers.add("Content-Type", "application/json");
    co_await writer.send(
        {.status = 200, .headers = std::move(event->headers), .body = std::move(event->payload)});
  } else {
    co_await writer.send(response_to(Verdict::kWrongState));
  }
}

/// Hands the pieces on as they come. False when there are too many.
Task<bool> pass_on(std::shared_ptr<AnswerStream> stream, net::Request& request) {
  std::size_t total = 0;
  for (;;) {
    std::string piece = co_await request.read_some(kPieceBytes);
    if (piece.empty()) co_return true;
    total += piece.size();
    if (total > kMaxStreamedBytes) co_return false;
    co_await stream->put(std::move(piece));
  }
}

Task<> take_stream(Host host, std::string id, std::shared_ptr<AnswerStream> stream, net::Request& request,
                   net::ResponseWriter& writer) {
  stream->begin(std::string(request.head().headers.get("Content-Type", "application/octet-stream")));
  bool complete = false;
  try {
    complete = co_await pass_on(stream, request);
  } catch (const net::Disconnected&) {
    host->stream_broke(id);
    throw;
  }
  if (!complete) co_return co_await refuse_length(host, std::move(id), kMaxStreamedBytes, writer);
  Verdict verdict = Verdict::kAccepted;
  if (auto error = error_in_trailers(request.trailers()))
    verdict = co_await host->fail(std::move(id), std::move(*error));
  else
    verdict = co_await host->respond(std::move(id), {.payload = {}, .content_type = {}, .streamed = true});
  co_await writer.send(response_to(verdict));
}

Task<> take_response(Host host, std::string id, net::Request& request, net::ResponseWriter& writer) {
  if (net::same_name(request.head().headers.get("Lambda-Runtime-Function-Response-Mode"), "streaming")) {
    auto stream = host->stream(id);
    if (!stream) co_return co_await writer.send(response_to(stream.error()));
    if (*stream) co_return co_await take_stream(host, std::move(id), std::move(*stream), request, writer);
  }
  std::optional<std::string> body = co_await read_body(request, kMaxResponseBytes);
  if (!body) co_return co_await refuse_length(host, std::move(id), kMaxResponseBytes, writer);
  Verdict verdict = Verdict::kAccepted;
  if (auto error = error_in_trailers(request.trailers())) {
    verdict = co_await host->fail(std::move(id), std::move(*error));
  } else {
    Answer answer{.payload = std::move(*body),
                  .content_type = std::string(request.head().headers.get("Content-Type"))};
    verdict = co_await host->respond(std::move(id), std::move(answer));
  }
  // The runtime does not wait for this but for its next event.
  co_await writer.send_with_next(response_to(verdict));
}

Task<RuntimeError> read_error(net::Request& request) {
  std::optional<std::string> body = co_await read_body(request, kMaxErrorBytes);
  RuntimeError error{.type = std::string(request.head().headers.get("Lambda-Runtime-Function-Error-Type")),
                     .document = body ? std::move(*body) : std::string()};
  if (error.document.empty())
    error.document = error_document(error.type.empty() ? "Runtime.Unknown" : error.type, "");
  co_return error;
}

Task<> take_error(Host host, std::string id, net::Request& request, net::ResponseWriter& writer) {
  RuntimeError error = co_await read_error(request);
  const Verdict verdict = co_await host->fail(std::move(id), std::move(error));
  co_await writer.send(response_to(verdict));
}

Task<> take_init_error(Host host, net::Request& request, net::ResponseWriter& writer) {
  RuntimeError error = co_await read_error(request);
  const Verdict verdict = co_await host->fail_init(std::move(error));
  co_await writer.send(response_to(verdict));
}

Task<> take_restore_error(Host host, net::Request& request, net::ResponseWriter& writer) {
  RuntimeError error = co_await read_error(request);
  const Verdict verdict = co_await host->fail_restore(std::move(error));
  co_await writer.send(response_to(verdict));
}

Task<> answer_restore_next(Host host, net::ResponseWriter& writer) {
  const Verdict verdict = co_await host->restore_next();
  co_await writer.send(verdict == Verdict::kAccepted ? api_json(200, "{}") : response_to(verdict));
}

Task<> answer_credentials(Host host, net::Request& request, net::ResponseWriter& writer) {
  std::string token(request.head().headers.get("Authorization"));
  std::optional<std::string> document = co_await host->credentials(std::move(token));
  co_await writer.send(document ? api_json(200, std::move(*document))
                                : api_refusal(403, "AccessDenied", "The authorization token is not valid"));
}

Task<> answer_function(std::shared_ptr<WaitingRuntime> waiting, net::ResponseWriter& writer) {
  std::optional<std::string> document = co_await waiting->function();
  co_await writer.send(document ? api_json(200, std::move(*document)) : response_to(Verdict::kWrongState));
}

Task<> answer_subscription(Host host, net::Request& request, net::ResponseWriter& writer) {
  const auto telemetry = host->telemetry_host();
  const std::string body = co_await request.read_all(kMaxSubscribeBytes);
  co_await writer.send(answer_telemetry(*telemetry, request.head(), body));
}

Task<> answer_runtime(Host host, std::string_view path, net::Request& request, net::ResponseWriter& writer) {
  const bool get = request.head().method == "GET";
  const bool post = request.head().method == "POST";
  const auto id_before = [&](std::string_view ending) -> std::optional<std::string> {
    if (!path.starts_with(kInvocation) || !path.ends_with(ending)) return std::nullopt;
    if (path.size() < kInvocation.size() + ending.size()) return std::nullopt;
    return std::string(path.substr(kInvocation.size(), path.size() - kInvocation.size() - ending.size()));
  };
  if (get && path == "invocation/next") return answer_next(host, writer);
  if (get && path == "restore/next") return answer_restore_next(host, writer);
  if (post && path == "init/error") return take_init_error(host, request, writer);
  if (post && path == "restore/error") return take_restore_error(host, request, writer);
  if (auto id = id_before("/response"); post && id) return take_response(host, *id, request, writer);
  if (auto id = id_before("/error"); post && id) return take_error(host, *id, request, writer);
  return refuse_path(writer);
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

void RuntimeApi::attach_waiting(int listening_fd, const std::string& tag,
                                std::weak_ptr<WaitingRuntime> waiting) {
  attached_[tag] = {.listener = server_->adopt(listening_fd, tag), .waiting = std::move(waiting)};
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
  auto host = found == attached_.end() ? nullptr : found->second.host.lock();
  const std::string_view path = request.head().path();
  if (found != attached_.end() && path == kFunctionPath && request.head().method == "GET")
    if (auto waiting = found->second.waiting.lock()) return answer_function(std::move(waiting), writer);
  if (!host) return refuse_path(writer);
  if (path.starts_with(kPrefix))
    return answer_runtime(std::move(host), path.substr(kPrefix.size()), request, writer);
  if (path.starts_with(kExtensionsPrefix))
    return answer_extension(host->extensions_host(), path.substr(kExtensionsPrefix.size()), request, writer);
  if (is_telemetry_path(path)) return answer_subscription(std::move(host), request, writer);
  if (path == kCredentialsPath && request.head().method == "GET")
    return answer_credentials(std::move(host), request, writer);
  return refuse_path(writer);
}

}  // namespace martlet::environments
