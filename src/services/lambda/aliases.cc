// Aliases: names for versions, and how an alias shares its invocations between two.

#include <fmt/core.h>

#include <algorithm>

#include "services/lambda/answers.h"
#include "services/lambda/attachments.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

AliasConfiguration describe_alias(const AliasRecord& alias, FunctionName name, std::string_view partition) {
  name.qualifier = alias.name;
  AliasConfiguration out;
  out.alias_arn = name.qualified_arn(partition);
  out.name = alias.name;
  out.function_version = alias.version;
  out.description = alias.description;
  out.revision_id = alias.revision_id;
  if (!alias.second_version.empty())
    out.routing_config.emplace().additional_version_weights =
        std::map<std::string, double>{{alias.second_version, alias.second_weight}};
  return out;
}

void apply_routing(AliasRecord& alias, const AliasRoutingConfiguration& routing) {
  alias.second_version.clear();
  alias.second_weight = 0;
  if (!routing.additional_version_weights || routing.additional_version_weights->empty()) return;
  if (routing.additional_version_weights->size() > 1)
    throw invalid_parameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  const auto& [version, weight] = *routing.additional_version_weights->begin();
  alias.second_version = version;
  alias.second_weight = weight;
}

/// An alias names versions that are there; two of them only if they may do the same.
Task<> check_versions(store::Txn& txn, FunctionName name, AliasRecord alias, std::string partition) {
  const auto require = [&](const std::string& version) -> Task<FunctionRecord> {
    name.qualifier = version;
    auto found = co_await load_version(txn, name, version);
    if (!found) throw function_not_found(name.qualified_arn(partition));
    co_return std::move(*found);
  };
  const FunctionRecord first = co_await require(alias.version);
  if (alias.second_version.empty()) co_return;
  if (first.is_latest())
    throw invalid_parameter("$LATEST is not supported for an alias pointing to more than 1 version");
  if (alias.second_version == alias.version)
    throw invalid_parameter(
        fmt::format("Invalid function version {0}. Function version {0} is already included "
                    "in routing configuration.",
                    alias.version));
  const FunctionRecord second = co_await require(alias.second_version);
  if (first.role != second.role)
    throw invalid_parameter("Both versions of an alias must have the same execution role.");
  if (first.dead_letter_target_arn != second.dead_letter_target_arn)
    throw invalid_parameter("Both versions of an alias must have the same dead-letter queue, or none.");
}

}  // namespace

Task<AliasConfiguration> LambdaService::CreateAlias(wire::Context& context, CreateAliasRequest input) {
  FunctionName name = resolve_unqualified(context, input.function_name, "CreateAlias");
  name.qualifier = input.name;
  AliasRecord alias;
  alias.name = input.name;
  alias.version = input.function_version;
  alias.description = input.description.value_or("");
  alias.revision_id = with_.ids.uuid();
  if (input.routing_config) apply_routing(alias, *input.routing_config);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
    co_await check_versions(txn, name, alias, context.partition);
    if (co_await load_alias(txn, name))
      throw conflict("Alias already exists: " + name.qualified_arn(context.partition));
    save_alias(txn, name, alias);
  });
  co_return describe_alias(alias, name, context.partition);
}

Task<AliasConfiguration> LambdaService::GetAlias(wire::Context& context, GetAliasRequest input) {
  FunctionName name = resolve_unqualified(context, input.function_name, "GetAlias");
  name.qualifier = input.name;
  const auto alias = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<AliasRecord>> {
    if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
    co_return co_await load_alias(txn, name);
  });
  if (!alias) throw alias_not_found(name.qualified_arn(context.partition));
  co_return describe_alias(*alias, name, context.partition);
}

Task<AliasConfiguration> LambdaService::UpdateAlias(wire::Context& context, UpdateAliasRequest input) {
  FunctionName name = resolve_unqualified(context, input.function_name, "UpdateAlias");
  name.qualifier = input.name;
  const std::string new_revision = with_.ids.uuid();
  const AliasRecord updated = co_await with_.store.transact([&](store::Txn& txn) -> Task<AliasRecord> {
    if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
    auto alias = co_await load_alias(txn, name);
    if (!alias) throw alias_not_found(name.qualified_arn(context.partition));
    if (input.revision_id && *input.revision_id != alias->revision_id) throw revision_mismatch("GetAlias");
    if (input.function_version) alias->version = *input.function_version;
    if (input.description) alias->description = *input.description;
    if (input.routing_config) apply_routing(*alias, *input.routing_config);
    co_await check_versions(txn, name, *alias, context.partition);
    alias->revision_id = new_revision;
    save_alias(txn, name, *alias);
    co_return std::move(*alias);
  });
  begin_provisioning(name, context.partition);
  co_return describe_alias(updated, name, context.partition);
}

Task<> LambdaService::DeleteAlias(wire::Context& context, DeleteAliasRequest input) {
  FunctionName name = resolve_unqualified(context, input.function_name, "DeleteAlias");
  name.qualifier = input.name;
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
    erase_settings_of_qualifier(txn, name);
    co_await erase_attachments(txn, name);
    policies_.change(txn);
  });
  begin_provisioning(name, context.partition);
}

Task<ListAliasesResponse> LambdaService::ListAliases(wire::Context& context, ListAliasesRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "ListAliases");
  const std::size_t page =
      std::min(input.max_items ? static_cast<std::size_t>(*input.max_items) : kMaxFunctionsPerPage,
               kMaxFunctionsPerPage);
  const std::string after = decode_marker(input.marker);
  auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<AliasRecord>> {
    if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
    co_return co_await list_aliases(txn, name, after);
  });
  if (input.function_version)
    std::erase_if(found, [&](const AliasRecord& alias) {
      return alias.version != *input.function_version && alias.second_version != *input.function_version;
    });
  ListAliasesResponse out;
  auto& aliases = out.aliases.emplace();
  for (std::size_t i = 0; i < std::min(page, found.size()); ++i)
    aliases.push_back(describe_alias(found[i], name, context.partition));
  if (found.size() > page) out.next_marker = encode_marker(found[page - 1].name);
  co_return out;
}

}  // namespace martlet::lambda
