// Resource-based policies of functions, versions and aliases: AddPermission, RemovePermission, GetPolicy.

#include "services/lambda/attachments.h"
#include "services/lambda/errors.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/resource_policy.h"
#include "services/lambda/service.h"
#include "services/lambda/targets.h"

namespace martlet::lambda {

namespace {

PolicyStatement statement_of(const AddPermissionRequest& input) {
  PolicyStatement statement;
  statement.sid = input.statement_id;
  statement.action = input.action;
  statement.principal = input.principal;
  statement.source_arn = input.source_arn.value_or("");
  statement.source_account = input.source_account.value_or("");
  statement.principal_org_id = input.principal_org_id.value_or("");
  statement.event_source_token = input.event_source_token.value_or("");
  statement.function_url_auth_type = input.function_url_auth_type.value_or("");
  statement.invoked_via_function_url = input.invoked_via_function_url.value_or(false);
  return statement;
}

void check(const AddPermissionRequest& input, const FunctionName& name) {
  if (name.qualifier == "$LATEST")
    throw invalid_parameter("We currently do not support adding policies for $LATEST.");
  if (input.function_url_auth_type && input.action != "lambda:InvokeFunctionUrl")
    throw invalid_parameter("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
  if (input.invoked_via_function_url && input.action != "lambda:InvokeFunction")
    throw invalid_parameter("InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action");
  if (input.event_source_token && input.principal != "alexa-appkit.amazon.com" &&
      input.principal != "alexa-connectedhome.amazon.com")
    throw invalid_parameter(
        "EventSourceToken is supported only for the principals alexa-appkit.amazon.com and "
        "alexa-connectedhome.amazon.com");
}

}  // namespace

Task<AddPermissionResponse> LambdaService::AddPermission(wire::Context& context, AddPermissionRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "AddPermission");
  check(input, name);
  const std::string arn = name.qualified_arn(context.partition);
  const PolicyStatement statement = statement_of(input);
  const std::string new_revision = with_.ids.uuid();
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    const std::string revision = co_await revision_of(txn, name, context.partition);
    if (input.revision_id && *input.revision_id != revision) throw policy_revision_mismatch("GetPolicy");
    ResourcePolicy policy = (co_await load_policy(txn, name)).value_or(ResourcePolicy{});
    add_statement(policy, statement, arn, context.partition);
    save_policy(txn, name, policy);
    policies_.change(txn);
    co_await set_revision(txn, name, new_revision);
  });
  AddPermissionResponse out;
  out.statement = statement_json(statement, arn, context.partition);
  co_return out;
}

Task<> LambdaService::RemovePermission(wire::Context& context, RemovePermissionRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "RemovePermission");
  const std::string new_revision = with_.ids.uuid();
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    const std::string revision = co_await revision_of(txn, name, context.partition);
    auto policy = co_await load_policy(txn, name);
    if (!policy) throw no_policy();
    if (input.revision_id && *input.revision_id != revision) throw revision_mismatch();
    remove_statement(*policy, input.statement_id);
    save_policy(txn, name, *policy);
    policies_.change(txn);
    co_await set_revision(txn, name, new_revision);
  });
}

Task<GetPolicyResponse> LambdaService::GetPolicy(wire::Context& context, GetPolicyRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name, input.qualifier, "GetPolicy");
  co_return co_await with_.store.transact([&](store::Txn& txn) -> Task<GetPolicyResponse> {
    const std::string revision = co_await revision_of(txn, name, context.partition);
    const auto policy = co_await load_policy(txn, name);
    if (!policy) throw resource_not_found();
    GetPolicyResponse out;
    out.policy = policy_json(*policy, name.qualified_arn(context.partition), context.partition);
    out.revision_id = revision;
    co_return out;
  });
}

}  // namespace martlet::lambda
