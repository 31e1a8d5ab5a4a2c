// Making reports: GenerateServiceLastAccessedDetails.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "api/iam/values.h"
#include "base/arn.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/granted_services.h"
#include "services/iam/last_accessed_details.h"
#include "services/iam/managed_policies.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

using Granularity = values::AccessAdvisorUsageGranularityType;

/// Whether it is what a user, group or role has.
bool is_of_an_identity(const Arn& arn) {
  return std::ranges::any_of(std::array{kUser, kGroup, kRole}, [&](std::string_view noun) {
    return arn.resource.starts_with(std::string(noun) + "/");
  });
}

/// Removes reports that nobody reads any more, and the oldest of too many.
Task<> tidy(store::Txn& txn, std::string account, std::int64_t now_ms) {
  std::vector<std::pair<std::int64_t, std::string>> kept;
  for (store::KeyValue& pair : co_await txn.scan(store::range_below(keys::access_reports(account)))) {
    const auto report = store::decode<AccessReportRecord>(pair.value);
    if (now_ms < report.created_ms + kAccessReportMs)
      kept.emplace_back(report.created_ms, std::move(pair.key));
    else
      txn.erase(pair.key);
  }
  if (kept.size() < kMaxAccessReports) co_return;
  std::sort(kept.begin(), kept.end());
  kept.resize(kept.size() - kMaxAccessReports + 1);
  for (const auto& [created_ms, key] : kept) txn.erase(key);
}

}  // namespace

Task<LastAccessedDetails::Subject> LastAccessedDetails::policy_subject(store::Txn& txn, std::string account,
                                                                       std::string arn) {
  auto document = co_await default_document(txn, account, arn);
  if (!document) throw policy_not_found(arn);
  Subject subject;
  subject.policies.push_back(std::move(*document));
  std::set<std::pair<std::string_view, std::string>> seen;
  const auto add = [&](std::string_view noun, const std::string& name) {
    if (seen.emplace(noun, name).second)
      subject.entities.push_back({.noun = noun, .account = account, .name = name});
  };
  for (const PolicyUseRecord& use : co_await policy_uses(txn, account, arn)) {
    if (use.usage != kAttachment) continue;
    if (use.noun == kUser) add(kUser, use.name);
    if (use.noun == kRole) add(kRole, use.name);
    if (use.noun == kGroup)
      for (const std::string& user : co_await list_links(txn, kUsersOfGroupLink, {account, use.name}))
        add(kUser, user);
  }
  co_return subject;
}

Task<LastAccessedDetails::Subject> LastAccessedDetails::subject_of(const wire::Context& context,
                                                                   std::string arn) {
  const auto parsed = Arn::parse(arn);
  if (parsed && parsed->service == "iam" && parsed->resource.starts_with("policy/")) {
    auto body = [&](store::Txn& txn) -> Task<Subject> { return policy_subject(txn, context.account, arn); };
    co_return co_await read(body);
  }
  if (!parsed || !is_of_an_identity(*parsed)) throw invalid_input(fmt::format("Invalid Entity Arn: {}", arn));
  const auto identity = co_await require_identity(context, arn);
  Subject subject;
  for (const IdentityPolicy& policy : identity->policies) subject.policies.push_back(policy.document);
  if (identity->noun != kGroup) {
    subject.entities.push_back({identity->noun, identity->account, identity->name});
    co_return subject;
  }
  auto members = [&](store::Txn& txn) -> Task<std::vector<std::string>> {
    return list_links(txn, kUsersOfGroupLink, {identity->account, identity->name});
  };
  for (std::string& user : co_await read(members))
    subject.entities.push_back({kUser, identity->account, std::move(user)});
  co_return subject;
}

Task<std::vector<AccessEntityRecord>> LastAccessedDetails::entities_of(store::Txn& txn,
                                                                       std::vector<Principal> who) {
  std::vector<AccessEntityRecord> entities;
  for (const Principal& each : who) {
    NamedRecord record = co_await require_principal(txn, each);
    UsesRecord uses = co_await last_accessed_.uses(txn, record.id);
    entities.push_back({.noun = std::string(each.noun),
                        .name = std::move(record.name),
                        .path = std::move(record.path),
                        .id = std::move(record.id),
                        .arn = std::move(record.arn),
                        .services = std::move(uses.services)});
  }
  co_return entities;
}

std::vector<GrantedServiceRecord> LastAccessedDetails::services_of(const Subject& subject,
                                                                   bool with_actions) const {
  std::vector<policy::PolicyPtr> policies;
  for (const std::string& document : subject.policies) policies.push_back(policy::Policy::parse(document));
  std::vector<GrantedServiceRecord> services;
  for (std::string& name : granted_services(policies)) {
    GrantedServiceRecord service{.name = std::move(name), .actions = {}};
    const auto tracked = last_accessed_.tracked().find(service.name);
    if (with_actions && tracked != last_accessed_.tracked().end())
      for (const std::string& action : tracked->second) {
        const std::string full = to_lower(service.name + ":" + action);
        if (std::ranges::any_of(policies, [&](const auto& policy) { return grants_action(*policy, full); }))
          service.actions.push_back(action);
      }
    services.push_back(std::move(service));
  }
  return services;
}

Task<GenerateServiceLastAccessedDetailsResponse> LastAccessedDetails::GenerateServiceLastAccessedDetails(
    wire::Context& context, GenerateServiceLastAccessedDetailsRequest input) {
  const Subject subject = co_await subject_of(context, input.arn);
  AccessReportRecord report;
  report.job_id = with_.ids.uuid();
  report.caller = context.caller.arn;
  report.granularity = input.granularity.value_or(std::string(Granularity::kServiceLevel));
  report.created_ms = now_ms();
  report.services = services_of(subject, report.granularity == Granularity::kActionLevel);
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await tidy(txn, context.account, report.created_ms);
    report.entities = co_await entities_of(txn, subject.entities);
    store::put_record(txn, keys::access_reports(context.account).add(report.job_id), report);
  };
  co_await with_.store.transact(body);
  GenerateServiceLastAccessedDetailsResponse output;
  output.job_id = report.job_id;
  co_return output;
}

}  // namespace martlet::iam
