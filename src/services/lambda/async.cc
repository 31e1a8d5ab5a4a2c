// Asynchronous invocation: how events are accepted, and what one attempt at them is. The queue itself is
// async_invocations.h.

#include <fmt/format.h>

#include "base/strings.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/invocation_input.h"
#include "services/lambda/json_check.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"
#include "services/lambda/targets.h"
#include "services/lambda/trace.h"

namespace martlet::lambda {

namespace {

using environments::Outcome;

/// What the function answers with, or why it could not be asked.
AsyncAttempt attempt_of(Outcome outcome, std::string version) {
  AsyncAttempt attempt{.payload = std::move(outcome.payload), .executed_version = std::move(version)};
  switch (outcome.kind) {
    case Outcome::Kind::kSuccess:
      break;
    case Outcome::Kind::kThrottled:
      attempt.kind = AsyncAttempt::Kind::kNotNow;
      attempt.status = 429;
      break;
    case Outcome::Kind::kInvalidRuntime:
      attempt.kind = AsyncAttempt::Kind::kNotNow;
      attempt.status = 502;
      break;
    default:
      attempt.kind = AsyncAttempt::Kind::kFunctionError;
  }
  return attempt;
}

}  // namespace

Task<> LambdaService::accept_event(wire::Context& context, FunctionName name, std::string payload,
                                   std::string tenant_id) {
  if (payload.size() > kMaxEventBytes)
    throw request_too_large(
        fmt::format("{} byte payload is too large for the Event invocation type (limit {} bytes)",
                    payload.size(), kMaxEventBytes));
  const Target target = co_await require_target(name, context.partition);
  check_tenant(target.function.isolates_tenants(), tenant_id);
  AsyncEvent event;
  event.request_id = context.request_id;
  event.partition = context.partition;
  event.account = name.account;
  event.region = name.region;
  event.name = name.name;
  event.qualifier = name.qualifier;
  event.payload = std::move(payload);
  event.trace_header = context.trace_header;
  event.tenant_id = std::move(tenant_id);
  event.accepted_ms = to_epoch_ms(with_.clock.now());
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    async_.add(txn, event);
    co_return;
  });
}

Task<InvokeAsyncResponse> LambdaService::InvokeAsync(wire::Context& context, InvokeAsyncRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, std::nullopt, "InvokeFunction");
  if (const auto problem = json_problem(input.invoke_args)) throw invalid_payload(*problem);
  co_await accept_event(context, name, std::move(input.invoke_args), "");
  InvokeAsyncResponse out;
  out.status = 202;
  co_return out;
}

Task<> LambdaService::accept_delivery(store::Txn& txn, const targets::Delivery& delivery) {
  const auto parts = split(delivery.to.resource, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0] != "function")
    throw invalid_parameter("The ARN " + delivery.to.str() + " is not a function's.");
  AsyncEvent event;
  event.request_id = with_.ids.uuid();
  event.partition = delivery.to.partition;
  event.account = delivery.to.account;
  event.region = delivery.to.region;
  event.name = parts[1];
  if (parts.size() == 3) event.qualifier = parts[2];
  const auto function = co_await load_function(txn, event.function());
  if (!function) throw function_not_found(delivery.to.str());
  check_tenant(function->isolates_tenants(), "");  // no other service names a tenant
  event.payload = delivery.body;
  event.trace_header = delivery.trace_header;
  // An event that was already dropped as a loop, and whose record comes around again, goes no further.
  if (runs_of(event.trace_header, event.function().arn(event.partition)) > kMaxRunsOfOneEvent &&
      (co_await load_settings(txn, event.function())).recursive_loop != "Allow")
    throw recursive_invocation();
  event.accepted_ms = to_epoch_ms(with_.clock.now());
  async_.add(txn, event);
}

Task<AsyncAttempt> LambdaService::attempt(AsyncEvent event) {
  const FunctionName name = event.function();
  std::optional<aws::Error> refusal;
  try {
    Ran ran = co_await run(name, event.partition,
                           {.request_id = event.request_id,
                            .payload = std::move(event.payload),
                            .invoked_function_arn = name.qualified_arn(event.partition),
                            .client_context = {},
                            .cognito_identity = {},
                            .trace_id = event.trace_header,
                            .tenant_id = event.tenant_id});
    co_return attempt_of(std::move(ran.outcome), std::move(ran.version));
  } catch (const aws::Error& error) {
    refusal = error;
  }
  using Kind = AsyncAttempt::Kind;
  co_return AsyncAttempt{.kind = refusal->status() == 404 ? Kind::kGone : Kind::kNotNow,
                         .payload = refusal->message(),
                         .status = refusal->status()};
}

Task<std::optional<AsyncSettings>> LambdaService::async_settings(AsyncEvent event) {
  const FunctionName name = event.function();
  co_return co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<AsyncSettings>> {
    FunctionName configured = name;
    if (configured.qualifier.empty()) configured.qualifier = "$LATEST";
    const auto function = co_await load_function(txn, name);
    if (!function) co_return std::nullopt;
    const auto config = co_await load_event_invoke(txn, configured);
    const auto concurrency = co_await load_concurrency(txn, name);
    AsyncSettings settings;
    settings.dead_letter_target = function->dead_letter_target_arn;
    settings.role_arn = function->role;
    // A version keeps the role and the queue that it was published with.
    if (!is_latest(name.qualifier)) {
      if (const auto version = co_await find_version(txn, name)) {
        settings.dead_letter_target = version->dead_letter_target_arn;
        settings.role_arn = version->role;
      }
    }
    settings.is_switched_off = concurrency && concurrency->reserved == 0;
    settings.is_loop = runs_of(event.trace_header, name.arn(event.partition)) >= kMaxRunsOfOneEvent &&
                       (co_await load_settings(txn, name)).recursive_loop != "Allow";
    if (!config) co_return settings;
    settings.maximum_retry_attempts = config->maximum_retry_attempts.value_or(kDefaultRetryAttempts);
    if (config->maximum_event_age_seconds)
      settings.maximum_event_age = std::chrono::seconds(*config->maximum_event_age_seconds);
    settings.on_success = config->on_success;
    settings.on_failure = config->on_failure;
    co_return settings;
  });
}

}  // namespace martlet::lambda
