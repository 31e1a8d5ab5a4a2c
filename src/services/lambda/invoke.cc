// Invocation: from an Invoke request to an environment and back.

#include "base/crypto.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/json_check.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

using environments::Invocation;
using environments::Outcome;
using environments::Spec;

namespace {

std::string payload_of(InvocationRequest& input) {
  if (!input.payload || input.payload->empty()) return "{}";
  if (const auto problem = json_problem(*input.payload)) throw invalid_payload(*problem);
  return std::move(*input.payload);
}

std::string client_context_of(const InvocationRequest& input) {
  if (!input.client_context || input.client_context->empty()) return {};
  const auto decoded = base64_decode(*input.client_context);
  if (!decoded || json_problem(*decoded))
    throw aws::Error("InvalidRequestContentException",
                     "Client context must be a valid Base64-encoded JSON object.", 400);
  return *decoded;
}

}  // namespace

Task<std::shared_ptr<const Spec>> LambdaService::spec_of(FunctionName name, std::string partition) {
  const std::string arn = name.arn(partition);
  if (const auto known = specs_.find(arn); known != specs_.end()) co_return known->second;
  const FunctionRecord function = co_await require_function(name, partition);
  const auto code = co_await with_.packages.open(function.code.sha256, with_.blobs.path_of(function.code));
  auto spec = std::make_shared<Spec>();
  spec->account = name.account;
  spec->region = name.region;
  spec->function_name = name.name;
  spec->function_arn = arn;
  spec->runtime = function.runtime;
  spec->handler = function.handler;
  spec->code_directory = code->path();
  spec->code_lease = code;
  spec->variables = function.variables;
  spec->memory_mb = static_cast<std::uint32_t>(function.memory_mb);
  spec->ephemeral_storage_mb = static_cast<std::uint32_t>(function.ephemeral_storage_mb);
  spec->timeout = std::chrono::seconds(function.timeout_seconds);
  spec->log_group = function.log_group;
  spec->credentials = [this, name, role = function.role] { return with_.credentials_for(name, role); };
  // The function may have changed, or another invocation have made the spec, while the code was being
  // unpacked.
  const FunctionRecord now_stored = co_await require_function(name, partition);
  if (now_stored.revision_id != function.revision_id) co_return co_await spec_of(name, partition);
  co_return specs_.try_emplace(arn, std::move(spec)).first->second;
}

void LambdaService::forget_spec(const FunctionName& name, std::string_view partition) {
  const std::string arn = name.arn(partition);
  specs_.erase(arn);
  with_.fleet.retire(arn);
}

Task<InvocationResponse> LambdaService::Invoke(wire::Context& context, InvocationRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name, input.qualifier);
  if (!name.qualifier.empty() && name.qualifier != "$LATEST")
    throw function_not_found(name.qualified_arn(context.partition));
  const std::string type = input.invocation_type.value_or("RequestResponse");
  if (type == "Event") throw feature_not_implemented("Invoke with InvocationType Event");
  if (input.tenant_id) throw feature_not_implemented("Invoke with TenantId");
  if (input.durable_execution_name) throw feature_not_implemented("Invoke with DurableExecutionName");
  InvocationResponse out;
  if (type == "DryRun") {
    co_await require_function(name, context.partition);
    out.status_code = 204;
    co_return out;
  }

  Invocation invocation;
  invocation.request_id = context.request_id;
  invocation.payload = payload_of(input);
  invocation.client_context = client_context_of(input);
  invocation.invoked_function_arn = name.qualified_arn(context.partition);
  const auto spec = co_await spec_of(name, context.partition);
  const Outcome outcome = co_await with_.fleet.invoke(spec, std::move(invocation));

  if (outcome.kind == Outcome::Kind::kThrottled) throw throttled();
  if (outcome.kind == Outcome::Kind::kInvalidRuntime) throw invalid_runtime(outcome.payload);
  out.status_code = 200;
  out.executed_version = spec->version;
  context.response_headers.emplace_back("Content-Type", "application/json");
  if (!outcome.succeeded()) out.function_error = "Unhandled";
  if (input.log_type == "Tail") out.log_result = base64_encode(outcome.log_tail);
  out.payload = outcome.payload;
  co_return out;
}

}  // namespace martlet::lambda
