// InvokeWithResponseStream: the answer of a function as it comes, as events.

#include "base/crypto.h"
#include "services/lambda/errors.h"
#include "services/lambda/invocation_input.h"
#include "services/lambda/refusals.h"
#include "services/lambda/service.h"
#include "wire/event_writer.h"

namespace martlet::lambda {

using environments::Invocation;
using environments::Outcome;

namespace {

InvokeWithResponseStreamCompleteEvent completion(const Outcome& outcome, bool with_log) {
  InvokeWithResponseStreamCompleteEvent complete;
  if (!outcome.succeeded()) {
    complete.error_code = "Unhandled";
    complete.error_details = outcome.payload;
  }
  if (with_log) complete.log_result = base64_encode(outcome.log_tail);
  return complete;
}

}  // namespace

Task<> LambdaService::run_streamed(std::shared_ptr<AnswerChannel> channel, FunctionName name,
                                   std::string partition, Invocation invocation) {
  Ran ran;
  std::exception_ptr failure;
  invocation.sink = channel;
  try {
    ran = co_await run(name, partition, std::move(invocation), channel);
  } catch (...) {
    failure = std::current_exception();
  }
  channel->end(std::move(ran), failure);
}

std::shared_ptr<AnswerChannel> LambdaService::begin_streamed(const FunctionName& name,
                                                             const std::string& partition,
                                                             Invocation invocation) {
  auto channel = std::make_shared<AnswerChannel>(with_.executor);
  with_.tasks.spawn("streamed invocation", run_streamed(channel, name, partition, std::move(invocation)));
  return channel;
}

Task<InvokeWithResponseStreamResponse> LambdaService::InvokeWithResponseStream(
    wire::Context& context, InvokeWithResponseStreamRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "InvokeFunction");
  InvokeWithResponseStreamResponse out;
  if (input.invocation_type == "DryRun") {
    const Target target = co_await require_target(name, context.partition);
    check_tenant(target.function.isolates_tenants(), input.tenant_id.value_or(""));
    out.status_code = 204;
    co_await context.events->begin(&out);
    co_return out;
  }
  std::string payload = payload_of(input.payload);
  std::string client_context = client_context_of(input.client_context);
  co_await refuse_loop(name, context.partition, context.trace_header);
  const ChannelReader answer(begin_streamed(name, context.partition,
                                            {.request_id = context.request_id,
                                             .payload = std::move(payload),
                                             .invoked_function_arn = name.qualified_arn(context.partition),
                                             .client_context = std::move(client_context),
                                             .cognito_identity = {},
                                             .trace_id = context.trace_header,
                                             .tenant_id = input.tenant_id.value_or("")}));
  if (!co_await answer->begun()) throw_refusal(answer->outcome());
  out.status_code = 200;
  out.executed_version = answer->version();
  context.response_headers.emplace_back("X-Amzn-Trace-Id", answer->trace());
  co_await context.events->begin(&out);
  while (auto piece = co_await answer->next()) {
    InvokeResponseStreamUpdate chunk;
    chunk.payload = std::move(*piece);
    co_await context.events->send("PayloadChunk", &chunk);
  }
  const auto complete = completion(answer->outcome(), input.log_type == "Tail");
  co_await context.events->send("InvokeComplete", &complete);
  co_return out;
}

}  // namespace martlet::lambda
