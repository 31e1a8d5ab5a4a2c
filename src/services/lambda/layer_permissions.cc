// Who else may use a layer version: AddLayerVersionPermission, RemoveLayerVersionPermission,
// GetLayerVersionPolicy.

#include "services/lambda/layers_store.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/resource_policy.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

/// The layer version, which must be there and the caller's own.
Task<LayerVersionRecord> require_own(store::Txn& txn, std::string account, std::string partition,
                                     LayerName layer, std::int64_t number) {
  if (number < 1) throw layer_version_below_one();
  auto version = co_await load_layer_version(txn, layer, number);
  if (!version || layer.account != account)
    throw layer_version_not_found(layer.version_arn(partition, number));
  co_return std::move(*version);
}

void check_revision(const std::optional<ResourcePolicy>& policy, const std::optional<std::string>& given) {
  if (given && (!policy || policy->revision_id != *given)) throw policy_revision_mismatch("GetLayerPolicy");
}

}  // namespace

Task<AddLayerVersionPermissionResponse> LambdaService::AddLayerVersionPermission(
    wire::Context& context, AddLayerVersionPermissionRequest input) {
  const LayerName layer = layer_name(context, input.layer_name);
  const std::string arn = layer.version_arn(context.partition, input.version_number);
  PolicyStatement statement;
  statement.sid = input.statement_id;
  statement.action = input.action;
  statement.principal = input.principal;
  statement.principal_org_id = input.organization_id.value_or("");
  const std::string revision = with_.ids.uuid();
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    LayerVersionRecord version =
        co_await require_own(txn, context.account, context.partition, layer, input.version_number);
    check_revision(version.policy, input.revision_id);
    if (!version.policy) version.policy.emplace();
    add_statement(*version.policy, statement, arn, context.partition);
    version.policy->revision_id = revision;
    save_layer_version(txn, layer, version);
    policies_.change(txn);
  });
  AddLayerVersionPermissionResponse out;
  out.statement = statement_json(statement, arn, context.partition);
  out.revision_id = revision;
  co_return out;
}

Task<> LambdaService::RemoveLayerVersionPermission(wire::Context& context,
                                                   RemoveLayerVersionPermissionRequest input) {
  const LayerName layer = layer_name(context, input.layer_name);
  const std::string revision = with_.ids.uuid();
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    LayerVersionRecord version =
        co_await require_own(txn, context.account, context.partition, layer, input.version_number);
    if (!version.policy) throw no_policy();
    check_revision(version.policy, input.revision_id);
    remove_statement(*version.policy, input.statement_id);
    version.policy->revision_id = revision;
    save_layer_version(txn, layer, version);
    policies_.change(txn);
  });
}

Task<GetLayerVersionPolicyResponse> LambdaService::GetLayerVersionPolicy(wire::Context& context,
                                                                         GetLayerVersionPolicyRequest input) {
  const LayerName layer = layer_name(context, input.layer_name);
  const LayerVersionRecord version =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<LayerVersionRecord> {
        co_return co_await require_own(txn, context.account, context.partition, layer, input.version_number);
      });
  if (!version.policy || version.policy->statements.empty()) throw no_policy();
  GetLayerVersionPolicyResponse out;
  out.policy = policy_json(*version.policy, layer.version_arn(context.partition, input.version_number),
                           context.partition);
  out.revision_id = version.policy->revision_id;
  co_return out;
}

}  // namespace martlet::lambda
