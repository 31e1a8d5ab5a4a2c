// Invocation: from an Invoke request to an environment and back.

#include "base/crypto.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/invocation_input.h"
#include "services/lambda/json_check.h"
#include "services/lambda/refusals.h"
#include "services/lambda/service.h"
#include "services/lambda/trace.h"

namespace martlet::lambda {

using environments::Invocation;
using environments::Outcome;

std::string payload_of(std::optional<std::string>& payload) {
  if (!payload || payload->empty()) return "{}";
  if (const auto problem = json_problem(*payload)) throw invalid_payload(*problem);
  return std::move(*payload);
}

std::string client_context_of(const std::optional<std::string>& encoded) {
  if (!encoded || encoded->empty()) return {};
  const auto decoded = base64_decode(*encoded);
  if (!decoded || json_problem(*decoded))
    throw aws::Error("InvalidRequestContentException",
                     "Client context must be a valid Base64-encoded JSON object.", 400);
  return *decoded;
}

void check_tenant(bool per_tenant, const std::string& tenant_id) {
  if (per_tenant == !tenant_id.empty()) return;
  throw invalid_parameter(
      per_tenant
          ? "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your "
            "request and try again."
          : "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your "
            "request and try again.");
}

namespace {

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

Task<> LambdaService::refuse_loop(FunctionName name, std::string partition, std::string trace_header) {
  if (runs_of(trace_header, name.arn(partition)) < kMaxRunsOfOneEvent) co_return;
  const auto settings = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<FunctionSettings> { co_return co_await load_settings(txn, name); });
  if (settings.recursive_loop == "Allow") co_return;
  invocation_metrics_.count_loop(name.name);
  throw recursive_invocation();
}

Task<Ran> LambdaService::run(FunctionName name, std::string partition, Invocation invocation,
                             std::shared_ptr<AnswerChannel> channel) {
  Ran ran;
  ran.version = co_await choose_version(name, partition);
  auto spec = co_await spec_of(name, ran.version, partition);
  check_tenant(spec->per_tenant, invocation.tenant_id);
  if (spec->per_tenant) spec = specs_.of_tenant(spec, invocation.tenant_id);
  const Tracing tracing = spec->tracing_mode == "Active" ? Tracing::kActive : Tracing::kPassThrough;
  ran.trace = trace_for_run(invocation.trace_id, spec->function_arn, tracing, with_.ids, with_.clock.now());
  invocation.trace_id = ran.trace;
  if (channel) channel->announce(ran.version, ran.trace);
  ran.outcome = co_await with_.fleet.invoke(spec, std::move(invocation));
  invocation_metrics_.count(*spec, ran.outcome);
  co_return ran;
}

Task<InvocationResponse> LambdaService::Invoke(wire::Context& context, InvocationRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "InvokeFunction");
  const std::string type = input.invocation_type.value_or("RequestResponse");
  if (input.durable_execution_name) throw feature_not_implemented("Invoke with DurableExecutionName");
  InvocationResponse out;
  if (type == "DryRun") {
    const Target target = co_await require_target(name, context.partition);
    check_tenant(target.function.isolates_tenants(), input.tenant_id.value_or(""));
    out.status_code = 204;
    co_return out;
  }
  std::string payload = payload_of(input.payload);
  if (type == "Event") {
    co_await accept_event(context, name, std::move(payload), input.tenant_id.value_or(""));
    out.status_code = 202;
    co_return out;
  }

  std::string client_context = client_context_of(input.client_context);
  if (!context.trace_header.empty()) co_await refuse_loop(name, context.partition, context.trace_header);
  const Ran ran = co_await run(name, context.partition,
                               {.request_id = context.request_id,
                                .payload = std::move(payload),
                                .invoked_function_arn = name.qualified_arn(context.partition),
                                .client_context = std::move(client_context),
                                .cognito_identity = {},
                                .trace_id = context.trace_header,
                                .tenant_id = input.tenant_id.value_or("")});
  const Outcome& outcome = ran.outcome;
  throw_refusal(outcome);
  out.status_code = 200;
  out.executed_version = ran.version;
  context.response_headers.emplace_back("Content-Type", "application/json");
  context.response_headers.emplace_back("X-Amzn-Trace-Id", ran.trace);
  if (!outcome.succeeded()) out.function_error = "Unhandled";
  if (input.log_type == "Tail") out.log_result = base64_encode(outcome.log_tail);
  out.payload = outcome.payload;
  co_return out;
}

}  // namespace martlet::lambda
