// Provisioned concurrency: environments of a published version or alias that are initialised before they are
// needed. The configurations are stored; the fleet is told what they come to per version.

#include <fmt/core.h>

#include <algorithm>

#include "base/log.h"
#include "services/lambda/answers.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

constexpr std::size_t kMaxConfigsPerPage = 50;

/// "2026-01-31T12:34:56+0000": these dates have no milliseconds.
std::string seconds_text(std::int64_t epoch_ms) {
  std::string text = date_text(epoch_ms);
  return text.erase(text.find('.'), 4);
}

aws::Error no_config() {
  return aws::Error("ProvisionedConcurrencyConfigNotFoundException",
                    "No Provisioned Concurrency Config found for this function", 404)
      .with("Type", "User");
}

void require_published(const FunctionName& name) {
  if (is_latest(name.qualifier))
    throw invalid_parameter("The function resource provided must be an alias or a published version.");
}

/// The version behind the name's qualifier. Throws when it is not there.
Task<std::string> version_behind(store::Txn& txn, FunctionName name, std::string partition) {
  if (!co_await load_function(txn, name)) throw function_not_found(name.arn(partition));
  if (is_version(name.qualifier)) {
    if (!co_await load_version(txn, name, name.qualifier))
      throw function_not_found(name.qualified_arn(partition));
    co_return name.qualifier;
  }
  const auto alias = co_await load_alias(txn, name);
  if (!alias) throw alias_not_found(name.qualified_arn(partition));
  co_return alias->version;
}

/// A version is provisioned by itself or by its alias, not by both.
Task<> check_alone(store::Txn& txn, FunctionName name, std::string version) {
  if (!is_version(name.qualifier)) {
    name.qualifier = version;
    if (co_await load_provisioned(txn, name))
      throw conflict(
          "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
          "version");
    co_return;
  }
  for (const AliasRecord& alias : co_await list_aliases(txn, name, "")) {
    name.qualifier = alias.name;
    if (alias.version == version && co_await load_provisioned(txn, name))
      throw conflict("Version is pointed by a Provisioned Concurrency alias");
  }
}

Task<> check_room(store::Txn& txn, FunctionName name, std::uint32_t requested) {
  std::int64_t others = 0;
  for (const auto& [of, config] : co_await list_provisioned(txn, name, ""))
    if (of.qualifier != name.qualifier) others += config.requested;
  if (const auto reserved = co_await load_concurrency(txn, name)) {
    if (others + requested > reserved->reserved)
      throw invalid_parameter(
          "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
          "function");
    co_return;
  }
  const auto before = co_await load_provisioned(txn, name);
  const std::int64_t unreserved = co_await unreserved_concurrency(txn, name.account, name.region) +
                                  (before ? std::int64_t{before->requested} : 0);
  if (requested > unreserved)
    throw invalid_parameter(fmt::format(
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{}].",
        unreserved));
  if (unreserved - requested < std::int64_t{kMinUnreservedConcurrency})
    throw invalid_parameter(
        fmt::format("Specified ConcurrentExecutions for function decreases account's "
                    "UnreservedConcurrentExecution below its minimum value of [{}].",
                    kMinUnreservedConcurrency));
}

/// Fills the members that all answers have.
template <class Answer>
void describe_config(Answer& out, const ProvisionedRecord& config,
                     const environments::Fleet::Provisioned& status) {
  const std::uint32_t allocated = std::min(config.requested, status.allocated);
  const std::uint32_t available = std::min(allocated, status.available);
  out.requested_provisioned_concurrent_executions = static_cast<std::int32_t>(config.requested);
  out.allocated_provisioned_concurrent_executions = static_cast<std::int32_t>(allocated);
  out.available_provisioned_concurrent_executions = static_cast<std::int32_t>(available);
  out.last_modified = seconds_text(config.last_modified_ms);
  if (!status.failure.empty()) {
    out.status = "FAILED";
    out.status_reason = status.failure;
  } else {
    out.status = allocated == config.requested ? "READY" : "IN_PROGRESS";
  }
}

}  // namespace

Task<PutProvisionedConcurrencyConfigResponse> LambdaService::PutProvisionedConcurrencyConfig(
    wire::Context& context, PutProvisionedConcurrencyConfigRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "PutProvisionedConcurrencyConfig");
  if (is_latest(name.qualifier))
    throw invalid_parameter(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  const ProvisionedRecord config{
      .requested = static_cast<std::uint32_t>(input.provisioned_concurrent_executions),
      .last_modified_ms = to_epoch_ms(with_.clock.now())};
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    const std::string version = co_await version_behind(txn, name, context.partition);
    const auto function = co_await load_version(txn, name, version);
    if (!function || function->is_latest())
      throw invalid_parameter("Alias with provisioned concurrency cannot point to $LATEST.");
    if (function->snapshot != Snapshot::kNone)
      throw invalid_parameter("Provisioned Concurrency is not supported for SnapStart enabled functions.");
    if (function->isolates_tenants())
      throw invalid_parameter(
          "Provisioned Concurrency is not supported for functions with tenant isolation enabled.");
    co_await check_alone(txn, name, version);
    co_await check_room(txn, name, config.requested);
    save_provisioned(txn, name, config);
  });
  begin_provisioning(name, context.partition);
  PutProvisionedConcurrencyConfigResponse out;
  describe_config(out, config, {});
  co_return out;
}

Task<GetProvisionedConcurrencyConfigResponse> LambdaService::GetProvisionedConcurrencyConfig(
    wire::Context& context, GetProvisionedConcurrencyConfigRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "GetProvisionedConcurrencyConfig");
  require_published(name);
  std::string version;
  const auto config =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<ProvisionedRecord>> {
        version = co_await version_behind(txn, name, context.partition);
        co_return co_await load_provisioned(txn, name);
      });
  if (!config) throw no_config();
  GetProvisionedConcurrencyConfigResponse out;
  describe_config(out, *config, provisioning_.status(name.arn(context.partition), version));
  co_return out;
}

Task<> LambdaService::DeleteProvisionedConcurrencyConfig(wire::Context& context,
                                                         DeleteProvisionedConcurrencyConfigRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name, input.qualifier,
                                                  "DeleteProvisionedConcurrencyConfig");
  require_published(name);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await version_behind(txn, name, context.partition);
    erase_provisioned(txn, name);
  });
  begin_provisioning(name, context.partition);
}

Task<ListProvisionedConcurrencyConfigsResponse> LambdaService::ListProvisionedConcurrencyConfigs(
    wire::Context& context, ListProvisionedConcurrencyConfigsRequest input) {
  const FunctionName name =
      resolve_unqualified(context, input.function_name, "ListProvisionedConcurrencyConfigs");
  const std::size_t page = input.max_items ? static_cast<std::size_t>(*input.max_items) : kMaxConfigsPerPage;
  const std::string after = decode_marker(input.marker);
  ListProvisionedConcurrencyConfigsResponse out;
  const std::string arn = name.arn(context.partition);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    if (!co_await load_function(txn, name)) throw function_not_found(arn);
    const auto found = co_await list_provisioned(txn, name, after, page + 1);
    auto& configs = out.provisioned_concurrency_configs.emplace();
    for (std::size_t i = 0; i < std::min(page, found.size()); ++i) {
      const auto& [of, config] = found[i];
      auto& item = configs.emplace_back();
      item.function_arn = of.qualified_arn(context.partition);
      const std::string version = co_await version_behind(txn, of, context.partition);
      describe_config(item, config, provisioning_.status(arn, version));
    }
    if (found.size() > page) out.next_marker = encode_marker(found[page - 1].first.qualifier);
  });
  co_return out;
}

void LambdaService::begin_provisioning(FunctionName name, std::string partition) {
  name.qualifier.clear();
  with_.tasks.spawn("provisioning of " + name.arn(partition), provision(name, partition));
}

Task<> LambdaService::provision(FunctionName name, std::string partition) {
  const std::string arn = name.arn(partition);
  const std::uint64_t change = provisioning_.begin(arn);
  std::string failure;
  try {
    std::map<std::string, std::uint32_t> counts;
    co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
      counts.clear();
      for (const auto& [of, config] : co_await list_provisioned(txn, name, ""))
        counts[co_await version_behind(txn, of, partition)] += config.requested;
    });
    Provisioning::Orders orders;
    for (const auto& [version, count] : counts)
      orders[version] = {.spec = co_await spec_of(name, version, partition), .count = count};
    if (provisioning_.is_current(arn, change)) provisioning_.carry_out(arn, std::move(orders));
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (failure.empty() || !provisioning_.is_current(arn, change)) co_return;
  log::warning("cannot provision concurrency", {{"function", arn}, {"error", failure}});
  provisioning_.fail(arn, failure);
}

}  // namespace martlet::lambda
