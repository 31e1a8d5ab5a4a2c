#include "services/lambda/invocation_metrics.h"

namespace martlet::lambda {

using environments::Outcome;

namespace {

/// 1 millisecond to 15 minutes, in seconds.
const std::vector<double>& bounds() {
  static const std::vector<double> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                           0.5,   1,      2.5,   5,    10,    30,   60,  900};
  return kBounds;
}

}  // namespace

InvocationMetrics::OfFunction& InvocationMetrics::of(const environments::Spec& spec) {
  const auto known = of_function_.find(spec.function_name);
  if (known != of_function_.end()) return known->second;
  const metrics::Labels labels{{"function_name", spec.function_name}};
  const auto counter = [&](const char* name, const char* help) -> metrics::Counter& {
    return registry_.counter(name, help, labels);
  };
  OfFunction made{
      .invocations = counter("martlet_lambda_invocations_total", "Invocations of a function (Invocations)."),
      .errors =
          counter("martlet_lambda_errors_total", "Invocations that ended in a function error (Errors)."),
      .throttles = counter("martlet_lambda_throttles_total", "Invocations that were throttled (Throttles)."),
      .duration = registry_.histogram("martlet_lambda_duration_seconds",
                                      "How long functions worked on events (Duration).", labels, bounds()),
      .arns = {}};
  OfFunction& kept = of_function_.emplace(spec.function_name, std::move(made)).first->second;
  registry_.gauge(
      "martlet_lambda_concurrent_executions", "Invocations in flight (ConcurrentExecutions).",
      [this, &kept] {
        std::uint32_t executions = 0;
        for (const std::string& arn : kept.arns) executions += fleet_.executions(arn);
        return static_cast<double>(executions);
      },
      labels);
  return kept;
}

void InvocationMetrics::count(const environments::Spec& spec, const Outcome& outcome) {
  OfFunction& function = of(spec);
  if (!function.arns.contains(spec.function_arn)) function.arns.insert(spec.function_arn);
  if (outcome.kind == Outcome::Kind::kThrottled) return function.throttles.add();
  // Nothing was run, and it is not the function's doing.
  if (outcome.kind == Outcome::Kind::kInvalidRuntime) return;
  function.invocations.add();
  if (!outcome.succeeded()) function.errors.add();
  function.duration.observe(static_cast<double>(outcome.duration.count()) / 1e6);
}

void InvocationMetrics::count_loop(const std::string& function_name) {
  registry_
      .counter("martlet_lambda_recursive_invocations_dropped_total",
               "Invocations that were not made because of a recursive loop (RecursiveInvocationsDropped).",
               {{"function_name", function_name}})
      .add();
}

}  // namespace martlet::lambda
