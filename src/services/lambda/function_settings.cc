// Smaller settings of functions: runtime management, recursive loops, scaling.

#include "services/lambda/attachments.h"
#include "services/lambda/errors.h"
#include "services/lambda/service.h"
#include "services/lambda/targets.h"

namespace martlet::lambda {

namespace {

FunctionName version_of(const wire::Context& context, const std::string& function,
                        const std::optional<std::string>& qualifier, std::string_view action) {
  FunctionName name = resolve_function_name(context, function, qualifier, action);
  if (name.qualifier == "$LATEST") name.qualifier.clear();
  return name;
}

/// Both of them are for functions that run on capacity providers, which Martlet does not have: no function
/// here is one.
aws::Error no_capacity_provider() {
  return invalid_parameter(
      "Function scaling configuration is supported only for functions with a capacity provider.");
}

}  // namespace

Task<PutRuntimeManagementConfigResponse> LambdaService::PutRuntimeManagementConfig(
    wire::Context& context, PutRuntimeManagementConfigRequest input) {
  const FunctionName name =
      version_of(context, input.function_name, input.qualifier, "PutRuntimeManagementConfig");
  const bool manual = input.update_runtime_on == "Manual";
  if (manual && !input.runtime_version_arn)
    throw invalid_parameter("RuntimeVersionArn is required when UpdateRuntimeOn is Manual.");
  if (!manual && input.runtime_version_arn)
    throw invalid_parameter("RuntimeVersionArn can only be given when UpdateRuntimeOn is Manual.");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await revision_of(txn, name, context.partition);
    save_runtime_management(txn, name, {input.update_runtime_on, input.runtime_version_arn.value_or("")});
  });
  PutRuntimeManagementConfigResponse out;
  out.update_runtime_on = input.update_runtime_on;
  out.function_arn = name.qualified_arn(context.partition);
  out.runtime_version_arn = input.runtime_version_arn;
  co_return out;
}

Task<GetRuntimeManagementConfigResponse> LambdaService::GetRuntimeManagementConfig(
    wire::Context& context, GetRuntimeManagementConfigRequest input) {
  const FunctionName name =
      version_of(context, input.function_name, input.qualifier, "GetRuntimeManagementConfig");
  const auto record = co_await with_.store.transact([&](store::Txn& txn) -> Task<RuntimeManagementRecord> {
    co_await revision_of(txn, name, context.partition);
    co_return co_await load_runtime_management(txn, name);
  });
  GetRuntimeManagementConfigResponse out;
  out.update_runtime_on = record.update_runtime_on;
  out.function_arn = name.qualified_arn(context.partition);
  if (!record.runtime_version_arn.empty()) out.runtime_version_arn = record.runtime_version_arn;
  co_return out;
}

Task<PutFunctionRecursionConfigResponse> LambdaService::PutFunctionRecursionConfig(
    wire::Context& context, PutFunctionRecursionConfigRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "PutFunctionRecursionConfig");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await revision_of(txn, name, context.partition);
    const FunctionSettings before = co_await load_settings(txn, name);
    FunctionSettings after = before;
    after.recursive_loop = input.recursive_loop;
    save_settings(txn, name, after, before);
  });
  PutFunctionRecursionConfigResponse out;
  out.recursive_loop = input.recursive_loop;
  co_return out;
}

Task<GetFunctionRecursionConfigResponse> LambdaService::GetFunctionRecursionConfig(
    wire::Context& context, GetFunctionRecursionConfigRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "GetFunctionRecursionConfig");
  GetFunctionRecursionConfigResponse out;
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await revision_of(txn, name, context.partition);
    out.recursive_loop = (co_await load_settings(txn, name)).recursive_loop;
  });
  co_return out;
}

Task<PutFunctionScalingConfigResponse> LambdaService::PutFunctionScalingConfig(
    wire::Context& context, PutFunctionScalingConfigRequest input) {
  co_await require_function(resolve_unqualified(context, input.function_name, "PutFunctionScalingConfig"),
                            context.partition);
  throw no_capacity_provider();
}

Task<GetFunctionScalingConfigResponse> LambdaService::GetFunctionScalingConfig(
    wire::Context& context, GetFunctionScalingConfigRequest input) {
  co_await require_function(resolve_unqualified(context, input.function_name, "GetFunctionScalingConfig"),
                            context.partition);
  throw no_capacity_provider();
}

}  // namespace martlet::lambda
