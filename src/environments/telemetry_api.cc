#include "environments/telemetry_api.h"

#include "environments/platform_log.h"

namespace martlet::environments {

namespace {

constexpr std::string_view kTelemetryPath = "/2022-07-01/telemetry";
constexpr std::string_view kLogsPath = "/2020-08-15/logs";

std::string_view without_slash(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

net::Response json(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

net::Response refusal(int status, std::string_view type, std::string_view message) {
  return json(status, error_document(type, message));
}

}  // namespace

bool is_telemetry_path(std::string_view path) {
  path = without_slash(path);
  return path == kTelemetryPath || path == kLogsPath;
}

net::Response answer_telemetry(TelemetryHost& host, const net::RequestHead& head, std::string_view body) {
  const bool is_logs = without_slash(head.path()) == kLogsPath;
  const auto interface = is_logs ? TelemetryInterface::kLogs : TelemetryInterface::kTelemetry;
  if (head.method != "PUT") {
    auto answer = refusal(405, "MethodNotAllowed", "Subscriptions are made with PUT");
    answer.headers.add("Allow", "PUT");
    return answer;
  }
  const auto identifier = head.headers.find("Lambda-Extension-Identifier");
  if (!identifier)
    return refusal(403, "Extension.MissingExtensionIdentifier",
                   "The header Lambda-Extension-Identifier is missing");
  const auto name = host.extension_name(*identifier);
  if (!name)
    return refusal(403, "Extension.UnknownExtensionIdentifier",
                   "No extension is registered under this Lambda-Extension-Identifier");
  if (!host.telemetry().open())
    return refusal(403, is_logs ? "Logs.SubscriptionClosed" : "Telemetry.SubscriptionClosed",
                   "Subscriptions are made during initialisation, which is over");
  auto request = parse_subscribe_request(interface, body, host.runtime_api_port());
  if (!request) return refusal(400, is_logs ? "Logs.ValidationError" : "ValidationError", request.error());
  const std::vector<std::string> types = request->types;
  if (!host.telemetry().subscribe(*name, interface, std::move(*request)))
    return refusal(403, is_logs ? "Logs.SubscriptionClosed" : "Telemetry.SubscriptionClosed",
                   "This extension has subscribed with the other of the Telemetry API and the Logs API");
  host.log_event(TelemetrySubscription{.interface = interface, .name = *name, .types = types});
  return json(200, "\"OK\"");
}

}  // namespace martlet::environments
