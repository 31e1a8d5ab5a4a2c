// Reading reports: GetServiceLastAccessedDetails, GetServiceLastAccessedDetailsWithEntities.

#include "services/iam/last_accessed_details.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "api/iam/values.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/granted_services.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

TimePoint whole_seconds(std::int64_t ms) { return from_epoch_ms(ms / 1000 * 1000); }

template <class Use>
const Use* find_use(const std::vector<Use>& uses, const std::string& name) {
  const auto found = std::ranges::find(uses, name, &Use::name);
  return found == uses.end() ? nullptr : &*found;
}

/// The last of some uses, and whose it was.
template <class Use>
struct Last {
  const Use* use = nullptr;
  const AccessEntityRecord* entity = nullptr;

  void take(const Use* other, const AccessEntityRecord& whose) {
    if (other != nullptr && (use == nullptr || other->used_ms > use->used_ms)) *this = {other, &whose};
  }
};

TrackedActionLastAccessed shown_action(const AccessReportRecord& report, const std::string& service,
                                       const std::string& action) {
  Last<ActionUseRecord> last;
  for (const AccessEntityRecord& entity : report.entities)
    if (const auto* used = find_use(entity.services, service); used != nullptr)
      last.take(find_use(used->actions, action), entity);
  TrackedActionLastAccessed shown;
  shown.action_name = action;
  if (last.use == nullptr) return shown;
  shown.last_accessed_entity = last.entity->arn;
  shown.last_accessed_time = whole_seconds(last.use->used_ms);
  shown.last_accessed_region = last.use->region;
  return shown;
}

ServiceLastAccessed shown_service(const AccessReportRecord& report, const GrantedServiceRecord& service) {
  ServiceLastAccessed shown;
  shown.service_name = service_name(service.name);
  shown.service_namespace = service.name;
  Last<ServiceUseRecord> last;
  std::int32_t users = 0;
  for (const AccessEntityRecord& entity : report.entities) {
    const auto* use = find_use(entity.services, service.name);
    last.take(use, entity);
    users += use == nullptr ? 0 : 1;
  }
  shown.total_authenticated_entities = users;
  if (last.use == nullptr) return shown;
  shown.last_authenticated = whole_seconds(last.use->used_ms);
  shown.last_authenticated_entity = last.entity->arn;
  shown.last_authenticated_region = last.use->region;
  if (service.actions.empty()) return shown;
  shown.tracked_actions_last_accessed.emplace();
  for (const std::string& action : service.actions)
    shown.tracked_actions_last_accessed->push_back(shown_action(report, service.name, action));
  return shown;
}

EntityDetails shown_entity(const AccessEntityRecord& entity, const std::string& service) {
  using Owner = values::PolicyOwnerEntityType;
  EntityDetails details;
  details.entity_info = {.arn = entity.arn,
                         .name = entity.name,
                         .type = std::string(entity.noun == kUser ? Owner::kUser : Owner::kRole),
                         .id = entity.id,
                         .path = entity.path};
  if (const auto* use = find_use(entity.services, service); use != nullptr)
    details.last_authenticated = whole_seconds(use->used_ms);
  return details;
}

/// Entities that could use the service, the last who did first.
std::vector<EntityDetails> entities_with(const AccessReportRecord& report, const std::string& service) {
  std::vector<EntityDetails> entities;
  if (std::ranges::find(report.services, service, &GrantedServiceRecord::name) == report.services.end())
    return entities;
  for (const AccessEntityRecord& entity : report.entities) entities.push_back(shown_entity(entity, service));
  std::ranges::sort(entities, [](const EntityDetails& a, const EntityDetails& b) {
    if (a.last_authenticated != b.last_authenticated) return a.last_authenticated > b.last_authenticated;
    return a.entity_info.arn < b.entity_info.arn;
  });
  return entities;
}

template <class Output>
Output begin(const AccessReportRecord& report) {
  Output output;
  output.job_status = values::JobStatusType::kCompleted;
  output.job_creation_date = from_epoch_ms(report.created_ms);
  output.job_completion_date = output.job_creation_date;
  return output;
}

}  // namespace

Task<AccessReportRecord> LastAccessedDetails::require_report(const wire::Context& context,
                                                             std::string job_id) {
  auto body = [&](store::Txn& txn) -> Task<std::optional<AccessReportRecord>> {
    return store::get_record<AccessReportRecord>(txn, keys::access_reports(context.account).add(job_id));
  };
  auto report = co_await read(body);
  const bool is_there =
      report && report->caller == context.caller.arn && now_ms() < report->created_ms + kAccessReportMs;
  if (!is_there) throw no_such_entity(fmt::format("The job with id {} cannot be found.", job_id));
  co_return std::move(*report);
}

Task<GetServiceLastAccessedDetailsResponse> LastAccessedDetails::GetServiceLastAccessedDetails(
    wire::Context& context, GetServiceLastAccessedDetailsRequest input) {
  const std::string start = page_start(input.marker);
  AccessReportRecord report = co_await require_report(context, input.job_id);
  std::erase_if(report.services, [&](const GrantedServiceRecord& service) { return service.name <= start; });
  auto output = begin<GetServiceLastAccessedDetailsResponse>(report);
  output.job_type = report.granularity;
  cut_page(report.services, input.max_items, output,
           [](const GrantedServiceRecord& service) { return service.name; });
  for (const GrantedServiceRecord& service : report.services)
    output.services_last_accessed.push_back(shown_service(report, service));
  co_return output;
}

// A marker is the number of the last entity that was shown.
Task<GetServiceLastAccessedDetailsWithEntitiesResponse>
LastAccessedDetails::GetServiceLastAccessedDetailsWithEntities(
    wire::Context& context, GetServiceLastAccessedDetailsWithEntitiesRequest input) {
  const std::string start = page_start(input.marker);
  std::size_t shown = 0;
  if (std::from_chars(start.data(), start.data() + start.size(), shown).ptr != start.data() + start.size())
    throw invalid_marker();
  const AccessReportRecord report = co_await require_report(context, input.job_id);
  auto output = begin<GetServiceLastAccessedDetailsWithEntitiesResponse>(report);
  std::vector<EntityDetails> entities = entities_with(report, to_lower(input.service_namespace));
  shown = std::min(shown, entities.size());
  entities.erase(entities.begin(), entities.begin() + static_cast<std::ptrdiff_t>(shown));
  std::size_t number = shown + static_cast<std::size_t>(input.max_items.value_or(kDefaultPageSize));
  cut_page(entities, input.max_items, output, [&](const EntityDetails&) { return std::to_string(number); });
  output.entity_details_list = std::move(entities);
  co_return output;
}

}  // namespace martlet::iam
