#include "gateway/routing.h"

#include <algorithm>

#include "base/strings.h"

namespace martlet::gateway {

namespace {

bool is_rest(const wire::ServiceModel& model) {
  return model.speaks(wire::Protocol::kRestJson) || model.speaks(wire::Protocol::kRestXml);
}

/// S3's paths are "/bucket/key": every path matches, so it is asked last.
bool takes_any_path(const wire::ServiceModel& model) { return model.speaks(wire::Protocol::kRestXml); }

/// "AmazonSQS" from "X-Amz-Target: AmazonSQS.SendMessage" or the path "/service/AmazonSQS/operation/SendMessage".
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

}  // namespace

wire::RequestView view_of(const net::RequestHead& head, std::string_view path, std::string_view body) {
  return {.method = head.method,
          .path = path,
          .query = head.query(),
          .headers = {head.headers.begin(), head.headers.end()},
          .body = body};
}

void ServiceRouter::add(const wire::ServiceModel& model) {
  auto entry = std::make_unique<Entry>(&model, nullptr);
  if (is_rest(model)) entry->rest = std::make_unique<wire::Router>(model);
  entries_.push_back(std::move(entry));
}

const wire::Operation* ServiceRouter::match_rest(const wire::ServiceModel& service, const net::RequestHead& head,
                                                 std::string_view path) const {
  for (const auto& entry : entries_)
    if (entry->model == &service && entry->rest) return entry->rest->match(view_of(head, path));
  return nullptr;
}

ServiceRouter::Candidates ServiceRouter::signed_as(std::string_view signing_name) const {
  Candidates found;
  for (const auto& entry : entries_)
    if (entry->model->signing_name == signing_name) found.push_back(entry.get());
  return found;
}

const ServiceRouter::Entry* ServiceRouter::by_target(const Candidates& among, const net::RequestHead& head) const {
  const std::string_view prefix = target_prefix(head);
  if (prefix.empty()) return nullptr;
  for (const Entry* entry : among)
    if (entry->model->target_prefix == prefix) return entry;
  return nullptr;
}

const ServiceRouter::Entry* ServiceRouter::by_host(const Candidates& among, const HostName& host) const {
  const Entry* best = nullptr;
  for (const Entry* entry : among) {
    const std::string_view prefix = entry->model->endpoint_prefix;
    if (prefix.empty() || !names_endpoint(host.service_part, prefix)) continue;
    // The longest wins: "streams.dynamodb" over "dynamodb".
    if (best == nullptr || prefix.size() > best->model->endpoint_prefix.size()) best = entry;
  }
  return best;
}

const ServiceRouter::Entry* ServiceRouter::by_path(const Candidates& among, const net::RequestHead& head) const {
  for (const Entry* entry : among)
    if (entry->rest && !takes_any_path(*entry->model) && entry->rest->match(view_of(head, head.path())) != nullptr)
      return entry;
  return nullptr;
}

const ServiceRouter::Entry* ServiceRouter::choose(const Candidates& among, const net::RequestHead& head,
                                                  const HostName& host) const {
  if (among.size() == 1) return among.front();
  if (const Entry* entry = by_target(among, head)) return entry;
  if (const Entry* entry = by_path(among, head)) return entry;
  if (const Entry* entry = by_host(among, host)) return entry;
  // Of services that share a name, the one it was first given to.
  for (const Entry* entry : among)
    if (entry->model->name == entry->model->signing_name) return entry;
  return among.front();
}

const ServiceRouter::Entry* ServiceRouter::without_scope(const net::RequestHead& head, const HostName& host) const {
  Candidates all;
  for (const auto& entry : entries_) all.push_back(entry.get());
  if (const Entry* entry = by_target(all, head)) return entry;
  if (!target_prefix(head).empty()) return nullptr;
  if (const Entry* named = by_host(all, host)) {
    Candidates same_endpoint;
    for (const Entry* entry : all)
      if (entry->model->endpoint_prefix == named->model->endpoint_prefix) same_endpoint.push_back(entry);
    return choose(same_endpoint, head, host);
  }
  if (!host.service_part.empty()) return nullptr;
  return by_path(all, head);
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
  const Entry* entry = nullptr;
  if (!signature.scope.service.empty()) {
    const Candidates candidates = signed_as(signature.scope.service);
    if (!candidates.empty()) entry = choose(candidates, head, host);
    route.asked_for = signature.scope.service;
  } else {
    entry = without_scope(head, host);
    route.asked_for = target_prefix(head).empty() ? host.service_part : std::string(target_prefix(head));
  }
  if (entry == nullptr) return route;
  route.service = entry->model;
  if (host.service_part.ends_with("." + std::string(entry->model->endpoint_prefix)))
    route.subject = subject_of(host.service_part, entry->model->endpoint_prefix);
  return route;
}

const wire::ServiceModel* ServiceRouter::find_by_form(const net::Pairs& form) const {
  std::string_view action;
  std::string_view version;
  for (const auto& [name, value] : form) {
    if (name == "Action") action = value;
    if (name == "Version") version = value;
  }
  if (action.empty()) return nullptr;
  for (const auto& entry : entries_) {
    const wire::ServiceModel& model = *entry->model;
    if (model.speaks(wire::Protocol::kQuery) && (version.empty() || model.api_version == version) &&
        model.find_operation(action) != nullptr)
      return &model;
  }
  return nullptr;
}

}  // namespace martlet::gateway
