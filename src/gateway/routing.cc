#include "gateway/routing.h"

#include <algorithm>

#include "base/strings.h"
#include "gateway/call.h"

namespace martlet::gateway {

namespace {

/// "AmazonSQS" from "X-Amz-Target: AmazonSQS.SendMessage" or the path
/// "/service/AmazonSQS/operation/SendMessage".
std::string_view target_prefix(const net::RequestHead& head) {
  const std::string_view target = head.headers.get("x-amz-target");
  if (!target.empty()) return target.substr(0, target.rfind('.'));
  const auto parts = split(head.path(), '/');
  if (parts.size() == 5 && parts[1] == "service" && parts[3] == "operation") return parts[2];
  return {};
}

/// Whether the host's part is the endpoint prefix, alone or after a subject: "sqs", "bucket.s3".
bool names_endpoint(std::string_view part, std::string_view prefix) {
  if (!part.ends_with(prefix)) return false;
  if (part.size() == prefix.size()) return true;
  // Operations may put a prefix of their own before the name: "sync-states", "streaming-logs".
  const char before = part[part.size() - prefix.size() - 1];
  return before == '.' || before == '-';
}

std::string without_port(std::string_view host) {
  const auto parsed = net::parse_host_port(host);
  return parsed ? parsed->host : std::string();
}

/// What stands before ".kind" or ".prefix".
std::string subject_of(std::string_view part, std::string_view prefix) {
  if (part.size() <= prefix.size() + 1) return {};
  return std::string(part.substr(0, part.size() - prefix.size() - 1));
}

/// Whether method and path are one of a REST service's operations. S3 is not asked: there, every path
/// matches.
bool has_path(const wire::Endpoint& service, const net::RequestHead& head) {
  return service.model().speaks(wire::Protocol::kRestJson) &&
         service.find_operation(wire::Protocol::kRestJson, view_of(head)) != nullptr;
}

/// Old clients send forms to the URL of a queue: "/ACCOUNT/NAME", "/queue/REGION/ACCOUNT/NAME".
bool is_form_for_queue(const net::RequestHead& head) {
  const auto parts = split(head.path(), '/');
  const bool with_region = parts.size() == 5 && parts[1] == "queue";
  if (parts.size() != 3 && !with_region) return false;
  const std::string_view account = parts[parts.size() - 2];
  return account.size() == 12 && account.find_first_not_of("0123456789") == std::string_view::npos &&
         guess_protocol(head, {}) == wire::Protocol::kQuery;
}

using Services = std::vector<const wire::Endpoint*>;

const wire::Endpoint* by_target(const Services& among, const net::RequestHead& head) {
  const std::string_view prefix = target_prefix(head);
  if (prefix.empty()) return nullptr;
  for (const wire::Endpoint* service : among)
    if (service->model().target_prefix == prefix) return service;
  return nullptr;
}

const wire::Endpoint* by_host(const Services& among, const HostName& host) {
  const wire::Endpoint* best = nullptr;
  for (const wire::Endpoint* service : among) {
    const std::string_view prefix = service->model().endpoint_prefix;
    if (prefix.empty() || !names_endpoint(host.service_part, prefix)) continue;
    // The longest wins: "streams.dynamodb" over "dynamodb".
    if (best == nullptr || prefix.size() > best->model().endpoint_prefix.size()) best = service;
  }
  return best;
}

const wire::Endpoint* by_path(const Services& among, const net::RequestHead& head) {
  for (const wire::Endpoint* service : among)
    if (has_path(*service, head)) return service;
  return nullptr;
}

}  // namespace

wire::RequestView view_of(const net::RequestHead& head, std::string_view body) {
  return {.method = head.method,
          .path = head.path(),
          .query = head.query(),
          .headers = head.headers.fields(),
          .body = body};
}

ServiceRouter::Services ServiceRouter::signed_as(std::string_view signing_name) const {
  Services found;
  for (const wire::Endpoint* service : services_)
    if (service->model().signing_name == signing_name) found.push_back(service);
  return found;
}

const wire::Endpoint* ServiceRouter::choose(const Services& among, const net::RequestHead& head,
                                            const HostName& host) const {
  if (among.size() == 1) return among.front();
  if (const wire::Endpoint* service = by_target(among, head)) return service;
  if (const wire::Endpoint* service = by_path(among, head)) return service;
  if (const wire::Endpoint* service = by_host(among, host)) return service;
  // Of services that share a name, the one it was first given to.
  for (const wire::Endpoint* service : among)
    if (service->model().name == service->model().signing_name) return service;
  return among.front();
}

const wire::Endpoint* ServiceRouter::without_scope(const net::RequestHead& head, const HostName& host) const {
  if (!target_prefix(head).empty()) return by_target(services_, head);
  if (const wire::Endpoint* named = by_host(services_, host)) {
    Services same_endpoint;
    for (const wire::Endpoint* service : services_)
      if (service->model().endpoint_prefix == named->model().endpoint_prefix)
        same_endpoint.push_back(service);
    return choose(same_endpoint, head, host);
  }
  if (!host.service_part.empty()) return nullptr;
  if (const wire::Endpoint* service = by_path(services_, head)) return service;
  if (is_form_for_queue(head)) {
    const Services queues = signed_as("sqs");
    if (!queues.empty()) return queues.front();
  }
  // Anybody may ask for an object of a public bucket, so what is left may be a bucket's name.
  const Services buckets = signed_as("s3");
  return buckets.empty() || head.path() == "/" ? nullptr : buckets.front();
}

bool ServiceRouter::find_host_kind(const net::RequestHead& head, const HostName& host, Route& route) const {
  for (const std::string& kind : host_kinds_) {
    if (!host.service_part.ends_with("." + kind)) continue;
    // The management of an API's connections is an operation at the API's own host.
    if (head.path().find("/@connections/") != std::string_view::npos && !signed_as(kind).empty()) continue;
    route.host_kind = kind;
    route.subject = subject_of(host.service_part, kind);
    return true;
  }
  return false;
}

Route ServiceRouter::find(const net::RequestHead& head, const Signature& signature) const {
  const HostName host = parse_host_name(without_port(head.headers.get("host")));
  Route route;
  route.region = signature.scope.region.empty() ? host.region : signature.scope.region;
  if (find_host_kind(head, host, route)) {
    if (!host.region.empty()) route.region = host.region;
    return route;
  }
  if (!signature.scope.service.empty()) {
    const Services candidates = signed_as(signature.scope.service);
    if (!candidates.empty()) route.service = choose(candidates, head, host);
    route.asked_for = signature.scope.service;
    if (const wire::Endpoint* named = by_host(services_, host))
      route.named_service = named->model().signing_name;
  } else {
    route.service = without_scope(head, host);
    const std::string_view target = target_prefix(head);
    route.asked_for = target.empty() ? host.service_part : std::string(target);
  }
  if (route.service == nullptr) return route;
  const std::string prefix(route.service->model().endpoint_prefix);
  if (host.service_part.ends_with("." + prefix)) route.subject = subject_of(host.service_part, prefix);
  return route;
}

const wire::Endpoint* ServiceRouter::find_by_form(const net::Pairs& form) const {
  std::string_view action;
  std::string_view version;
  for (const auto& [name, value] : form) {
    if (name == "Action") action = value;
    if (name == "Version") version = value;
  }
  if (action.empty()) return nullptr;
  for (const wire::Endpoint* service : services_) {
    const wire::ServiceModel& model = service->model();
    if (model.speaks(wire::Protocol::kQuery) && (version.empty() || model.api_version == version) &&
        model.find_operation(action) != nullptr)
      return service;
  }
  return nullptr;
}

}  // namespace martlet::gateway
