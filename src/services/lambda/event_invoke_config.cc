// What becomes of a function's asynchronous invocations: retries, age, destinations; per version or alias.

#include <algorithm>

#include "base/arn.h"
#include "base/strings.h"
#include "services/lambda/answers.h"
#include "services/lambda/errors.h"
#include "services/lambda/execution_role.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"
#include "services/lambda/targets.h"

namespace martlet::lambda {

namespace {

constexpr std::size_t kMaxConfigsPerPage = 50;

/// The name with the qualifier under which its configuration is kept.
FunctionName config_name(const wire::Context& context, const std::string& text,
                         const std::optional<std::string>& qualifier, std::string_view action) {
  FunctionName name = resolve_function_name(context, text, qualifier, action);
  if (name.qualifier.empty()) name.qualifier = "$LATEST";
  return name;
}

aws::Error no_config(const FunctionName& name, const std::string& partition) {
  return not_found("The function " + name.qualified_arn(partition) + " doesn't have an EventInvokeConfig");
}

/// The version whose configuration it is, or would be.
Task<FunctionRecord> require_version(store::Txn& txn, FunctionName name) {
  auto function = co_await find_version(txn, name);
  if (!function) throw not_found("The function doesn't exist.");
  co_return std::move(*function);
}

/// Refuses destinations of the request that the function's role may not write to.
template <class Request>
Task<> check_permissions(RoleRefusal refusal, FunctionRecord function, Request input) {
  if (!refusal || !input.destination_config) co_return;
  if (input.destination_config->on_success)
    co_await check_destination_permission(refusal, function,
                                          input.destination_config->on_success->destination.value_or(""));
  if (input.destination_config->on_failure)
    co_await check_destination_permission(refusal, function,
                                          input.destination_config->on_failure->destination.value_or(""));
}

/// Queues, topics, event buses, other functions, and, for failures, buckets.
void check_destination(const std::string& destination, const FunctionName& of, bool may_be_bucket) {
  if (destination.empty()) return;
  const auto arn = Arn::parse(destination);
  const std::string service = arn ? arn->service : "";
  if (service == "lambda") {
    const auto parts = split(arn->resource, ':');
    if (parts.size() < 2 || parts[0] != "function")
      throw invalid_parameter("The destination ARN " + destination + " is invalid.");
    if (parts[1] == of.name && arn->account == of.account && arn->region == of.region)
      throw invalid_parameter("You can't specify the function as a destination for itself.");
    return;
  }
  if (service == "sqs" || service == "sns" || service == "events" || (service == "s3" && may_be_bucket))
    return;
  throw invalid_parameter("The destination ARN " + destination + " is invalid.");
}

/// What a request names goes into the record; an empty destination takes one away.
template <class Request>
void apply(EventInvokeRecord& record, const Request& input, const FunctionName& name) {
  if (input.maximum_retry_attempts) record.maximum_retry_attempts = input.maximum_retry_attempts;
  if (input.maximum_event_age_in_seconds)
    record.maximum_event_age_seconds = input.maximum_event_age_in_seconds;
  if (!input.destination_config) return;
  if (input.destination_config->on_success) {
    record.on_success = input.destination_config->on_success->destination.value_or("");
    check_destination(record.on_success, name, false);
  }
  if (input.destination_config->on_failure) {
    record.on_failure = input.destination_config->on_failure->destination.value_or("");
    check_destination(record.on_failure, name, true);
  }
}

template <class Request>
void require_something(const Request& input) {
  if (!input.maximum_retry_attempts && !input.maximum_event_age_in_seconds && !input.destination_config)
    throw invalid_parameter("You must specify at least one of error handling or destination setting.");
}

FunctionEventInvokeConfig describe_config(const EventInvokeRecord& record, const FunctionName& name,
                                          const std::string& partition) {
  FunctionEventInvokeConfig out;
  out.last_modified = from_epoch_ms(record.last_modified_ms);
  out.function_arn = name.qualified_arn(partition);
  out.maximum_retry_attempts = record.maximum_retry_attempts;
  out.maximum_event_age_in_seconds = record.maximum_event_age_seconds;
  auto& destinations = out.destination_config.emplace();
  auto& on_success = destinations.on_success.emplace();
  if (!record.on_success.empty()) on_success.destination = record.on_success;
  auto& on_failure = destinations.on_failure.emplace();
  if (!record.on_failure.empty()) on_failure.destination = record.on_failure;
  return out;
}

}  // namespace

Task<FunctionEventInvokeConfig> LambdaService::PutFunctionEventInvokeConfig(
    wire::Context& context, PutFunctionEventInvokeConfigRequest input) {
  const FunctionName name =
      config_name(context, input.function_name, input.qualifier, "PutFunctionEventInvokeConfig");
  require_something(input);
  EventInvokeRecord record;
  record.last_modified_ms = to_epoch_ms(with_.clock.now());
  apply(record, input, name);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await check_permissions(with_.role_refusal, co_await require_version(txn, name), input);
    save_event_invoke(txn, name, record);
  });
  co_return describe_config(record, name, context.partition);
}

Task<FunctionEventInvokeConfig> LambdaService::UpdateFunctionEventInvokeConfig(
    wire::Context& context, UpdateFunctionEventInvokeConfigRequest input) {
  const FunctionName name =
      config_name(context, input.function_name, input.qualifier, "UpdateFunctionEventInvokeConfig");
  require_something(input);
  const std::int64_t now_ms = to_epoch_ms(with_.clock.now());
  const auto updated = co_await with_.store.transact([&](store::Txn& txn) -> Task<EventInvokeRecord> {
    const FunctionRecord function = co_await require_version(txn, name);
    auto record = co_await load_event_invoke(txn, name);
    if (!record) throw no_config(name, context.partition);
    apply(*record, input, name);
    co_await check_permissions(with_.role_refusal, function, input);
    record->last_modified_ms = now_ms;
    save_event_invoke(txn, name, *record);
    co_return std::move(*record);
  });
  co_return describe_config(updated, name, context.partition);
}

Task<FunctionEventInvokeConfig> LambdaService::GetFunctionEventInvokeConfig(
    wire::Context& context, GetFunctionEventInvokeConfigRequest input) {
  const FunctionName name =
      config_name(context, input.function_name, input.qualifier, "GetFunctionEventInvokeConfig");
  const auto record =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<EventInvokeRecord>> {
        co_return co_await load_event_invoke(txn, name);
      });
  if (!record) throw no_config(name, context.partition);
  co_return describe_config(*record, name, context.partition);
}

Task<> LambdaService::DeleteFunctionEventInvokeConfig(wire::Context& context,
                                                      DeleteFunctionEventInvokeConfigRequest input) {
  const FunctionName name =
      config_name(context, input.function_name, input.qualifier, "DeleteFunctionEventInvokeConfig");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    if (!co_await load_event_invoke(txn, name)) throw no_config(name, context.partition);
    erase_event_invoke(txn, name);
  });
}

Task<ListFunctionEventInvokeConfigsResponse> LambdaService::ListFunctionEventInvokeConfigs(
    wire::Context& context, ListFunctionEventInvokeConfigsRequest input) {
  const FunctionName name =
      resolve_unqualified(context, input.function_name, "ListFunctionEventInvokeConfigs");
  const std::size_t page = input.max_items ? static_cast<std::size_t>(*input.max_items) : kMaxConfigsPerPage;
  const std::string after = decode_marker(input.marker);
  ListFunctionEventInvokeConfigsResponse out;
  const auto found = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<std::vector<std::pair<FunctionName, EventInvokeRecord>>> {
        if (!co_await load_function(txn, name)) throw not_found("The function doesn't exist.");
        co_return co_await list_event_invoke(txn, name, after, page + 1);
      });
  auto& configs = out.function_event_invoke_configs.emplace();
  for (std::size_t i = 0; i < std::min(page, found.size()); ++i)
    configs.push_back(describe_config(found[i].second, found[i].first, context.partition));
  if (found.size() > page) out.next_marker = encode_marker(found[page - 1].first.qualifier);
  co_return out;
}

}  // namespace martlet::lambda
