#include "environments/extensions_api.h"

#include <boost/json.hpp>

#include "base/strings.h"
#include "environments/api_answers.h"

namespace martlet::environments {

namespace {

constexpr std::size_t kMaxBodyBytes = 64 << 10;

net::Response refusal_of(const ExtensionRefusal& refusal) {
  return api_refusal(403, refusal.type, refusal.message);
}

/// The member "events"; nullopt when the body is not what it should be.
std::optional<std::vector<std::string>> events_in(std::string_view body) {
  boost::system::error_code failure;
  const boost::json::value document = boost::json::parse(body, failure);
  if (failure || !document.is_object()) return std::nullopt;
  std::vector<std::string> events;
  const auto* listed = document.get_object().if_contains("events");
  if (listed == nullptr || listed->is_null()) return events;
  if (!listed->is_array()) return std::nullopt;
  for (const auto& event : listed->get_array()) {
    if (!event.is_string()) return std::nullopt;
    events.emplace_back(event.get_string());
  }
  return events;
}

bool accepts_account_id(const net::Headers& headers) {
  for (std::string_view feature : split(headers.get("Lambda-Extension-Accept-Feature"), ',')) {
    while (feature.starts_with(' ')) feature.remove_prefix(1);
    while (feature.ends_with(' ')) feature.remove_suffix(1);
    if (feature == "accountId") return true;
  }
  return false;
}

Task<> take_registration(std::shared_ptr<ExtensionsHost> host, net::Request& request,
                         net::ResponseWriter& writer) {
  const net::Headers& headers = request.head().headers;
  std::string name(headers.get("Lambda-Extension-Name"));
  const std::string body = co_await request.read_all(kMaxBodyBytes);
  if (name.empty())
    co_return co_await writer.send(
        api_refusal(403, "Extension.InvalidExtensionName", "The header Lambda-Extension-Name is missing"));
  auto events = events_in(body);
  if (!events)
    co_return co_await writer.send(
        api_refusal(403, "InvalidRequestFormat", "The body is not of the form {\"events\": [\"INVOKE\"]}"));
  const auto id = host->extensions()->enrol(std::move(name), std::move(*events),
                                            host->internal_extensions_may_register());
  if (!id) co_return co_await writer.send(refusal_of(id.error()));
  const Spec& function = host->function();
  std::string answer = "{\"functionName\":" + quote_json(function.function_name) +
                       ",\"functionVersion\":" + quote_json(function.version) +
                       ",\"handler\":" + quote_json(function.handler);
  if (accepts_account_id(headers)) answer += ",\"accountId\":" + quote_json(function.account);
  net::Response response = api_json(200, answer + '}');
  response.headers.add("Lambda-Extension-Identifier", *id);
  co_await writer.send(std::move(response));
}

Task<> answer_next(std::shared_ptr<ExtensionsHost> host, net::Request& request, net::ResponseWriter& writer) {
  const std::string id(request.head().headers.get("Lambda-Extension-Identifier"));
  auto event = co_await host->extensions()->next(id);
  if (!event) co_return co_await writer.send(refusal_of(event.error()));
  net::Response response = api_json(200, std::move(*event));
  response.headers.add("Lambda-Extension-Event-Identifier", make_identifier());
  co_await writer.send(std::move(response));
}

Task<> take_failure(std::shared_ptr<ExtensionsHost> host, bool initialising, net::Request& request,
                    net::ResponseWriter& writer) {
  const net::Headers& headers = request.head().headers;
  const std::string id(headers.get("Lambda-Extension-Identifier"));
  const std::string reason(headers.get("Lambda-Extension-Function-Error-Type"));
  co_await request.read_all(kMaxBodyBytes);
  const auto extensions = host->extensions();
  const auto taken = initialising ? extensions->fail_init(id, reason) : extensions->fail_exit(id, reason);
  co_await writer.send(taken ? response_to(Verdict::kAccepted) : refusal_of(taken.error()));
}

}  // namespace

Task<> answer_extension(std::shared_ptr<ExtensionsHost> host, std::string_view path, net::Request& request,
                        net::ResponseWriter& writer) {
  const bool get = request.head().method == "GET";
  const bool post = request.head().method == "POST";
  if (post && path == "register") return take_registration(std::move(host), request, writer);
  if (get && path == "event/next") return answer_next(std::move(host), request, writer);
  if (post && path == "init/error") return take_failure(std::move(host), true, request, writer);
  if (post && path == "exit/error") return take_failure(std::move(host), false, request, writer);
  return refuse_path(writer);
}

}  // namespace martlet::environments
