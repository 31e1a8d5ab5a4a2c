// Invocation: from an Invoke request to an environment and back.

#include "base/crypto.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/json_check.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

using environments::Invocation;
using environments::Outcome;

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

/// From 0 up to, but not, 1.
double chance(Ids& ids) {
  std::uint32_t number = 0;
  for (const char byte : ids.bytes(4)) number = number << 8 | static_cast<unsigned char>(byte);
  return number / 4294967296.0;
}

}  // namespace

Task<std::string> LambdaService::choose_version(FunctionName name, std::string partition) {
  if (is_latest(name.qualifier)) co_return "$LATEST";
  // A version whose environments are known is one that can be invoked.
  if (is_version(name.qualifier)) {
    const auto spec = specs_.find(name.arn(partition), name.qualifier);
    if (spec && !spec->snap_start) co_return name.qualifier;
  }
  Target target = co_await require_target(name, partition);
  if (target.alias && !target.alias->second_version.empty() &&
      chance(with_.ids) < target.alias->second_weight) {
    name.qualifier = target.alias->second_version;
    target = co_await require_target(name, partition);
  }
  if (target.function.snapshot == Snapshot::kPending) throw snapshot_not_ready();
  if (target.function.snapshot == Snapshot::kFailed) throw not_in_a_state_to_run("Failed");
  co_return target.function.version;
}

Task<LambdaService::Ran> LambdaService::run(FunctionName name, std::string partition, Invocation invocation) {
  Ran ran;
  ran.version = co_await choose_version(name, partition);
  const auto spec = co_await spec_of(name, ran.version, partition);
  ran.outcome = co_await with_.fleet.invoke(spec, std::move(invocation));
  co_return ran;
}

Task<InvocationResponse> LambdaService::Invoke(wire::Context& context, InvocationRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "InvokeFunction");
  const std::string type = input.invocation_type.value_or("RequestResponse");
  if (input.tenant_id) throw feature_not_implemented("Invoke with TenantId");
  if (input.durable_execution_name) throw feature_not_implemented("Invoke with DurableExecutionName");
  InvocationResponse out;
  if (type == "DryRun") {
    co_await require_target(name, context.partition);
    out.status_code = 204;
    co_return out;
  }
  std::string payload = payload_of(input);
  if (type == "Event") {
    co_await accept_event(context, name, std::move(payload));
    out.status_code = 202;
    co_return out;
  }

  const Ran ran = co_await run(name, context.partition,
                               {.request_id = context.request_id,
                                .payload = std::move(payload),
                                .invoked_function_arn = name.qualified_arn(context.partition),
                                .client_context = client_context_of(input),
                                .cognito_identity = {},
                                .trace_id = {}});
  const Outcome& outcome = ran.outcome;
  if (outcome.kind == Outcome::Kind::kThrottled) throw throttled(outcome.throttle_reason);
  if (outcome.kind == Outcome::Kind::kInvalidRuntime) throw invalid_runtime(outcome.payload);
  out.status_code = 200;
  out.executed_version = ran.version;
  context.response_headers.emplace_back("Content-Type", "application/json");
  if (!outcome.succeeded()) out.function_error = "Unhandled";
  if (input.log_type == "Tail") out.log_result = base64_encode(outcome.log_tail);
  out.payload = outcome.payload;
  co_return out;
}

}  // namespace martlet::lambda
