// How a batch of an event source mapping becomes an invocation of its function, and the operations of
// mappings as the API has them.

#include <algorithm>

#include "services/lambda/errors.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"
#include "services/lambda/trace.h"

namespace martlet::lambda {

namespace {

using Kind = MappingAnswer::Kind;
using environments::Outcome;

MappingAnswer function_error() {
  return {.kind = Kind::kFunctionError, .problem = "PROBLEM: Function call failed"};
}

MappingAnswer answer_of(Outcome outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kSuccess:
      return {.kind = Kind::kSuccess, .payload = std::move(outcome.payload)};
    case Outcome::Kind::kThrottled:
      return {.kind = Kind::kThrottled, .problem = "PROBLEM: Function was throttled"};
    default:
      return function_error();
  }
}

MappingAnswer answer_of(const aws::Error& refusal) {
  MappingAnswer answer{.kind = Kind::kFunctionError, .problem = "PROBLEM: " + refusal.message()};
  if (refusal.status() == 404) answer.kind = Kind::kGone;
  // The version is not ready yet, or the platform could not do it: it may be so a moment later.
  if (refusal.status() == 409 || refusal.status() == 429 || refusal.status() >= 500)
    answer.kind = Kind::kThrottled;
  return answer;
}

}  // namespace

Task<MappingAnswer> LambdaService::handle_batch(FunctionName name, std::string partition,
                                                MappingInvocation batch) {
  if (batch.event.size() > kMaxPayloadBytes) co_return function_error();
  // Of the ways that its records have come, the one that has led through the function most often.
  std::string trace_header;
  if (!batch.trace_headers.empty())
    trace_header = *std::ranges::max_element(
        batch.trace_headers, {},
        [arn = name.arn(partition)](const std::string& header) { return runs_of(header, arn); });
  std::optional<aws::Error> refusal;
  try {
    if (!trace_header.empty()) co_await refuse_loop(name, partition, trace_header);
    Ran ran = co_await run(name, partition,
                           {.request_id = with_.ids.uuid(),
                            .payload = std::move(batch.event),
                            .invoked_function_arn = name.qualified_arn(partition),
                            .client_context = {},
                            .cognito_identity = {},
                            .trace_id = trace_header});
    co_return answer_of(std::move(ran.outcome));
  } catch (const aws::Error& error) {
    refusal = error;
  }
  co_return answer_of(*refusal);
}

Task<EventSourceMappingConfiguration> LambdaService::CreateEventSourceMapping(
    wire::Context& context, CreateEventSourceMappingRequest input) {
  return mappings_.create(context, std::move(input));
}

Task<EventSourceMappingConfiguration> LambdaService::GetEventSourceMapping(
    wire::Context& context, GetEventSourceMappingRequest input) {
  return mappings_.get(context, std::move(input.uuid));
}

Task<ListEventSourceMappingsResponse> LambdaService::ListEventSourceMappings(
    wire::Context& context, ListEventSourceMappingsRequest input) {
  return mappings_.list(context, std::move(input));
}

Task<EventSourceMappingConfiguration> LambdaService::UpdateEventSourceMapping(
    wire::Context& context, UpdateEventSourceMappingRequest input) {
  return mappings_.update(context, std::move(input));
}

Task<EventSourceMappingConfiguration> LambdaService::DeleteEventSourceMapping(
    wire::Context& context, DeleteEventSourceMappingRequest input) {
  return mappings_.remove(context, std::move(input.uuid));
}

}  // namespace martlet::lambda
