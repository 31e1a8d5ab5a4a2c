#include "services/lambda/authorization_names.h"

#include <algorithm>
#include <utility>

#include "services/lambda/attachments.h"
#include "services/lambda/event_source_mappings_store.h"
#include "services/lambda/layers_store.h"
#include "services/lambda/vpc.h"

namespace martlet::lambda {

namespace {

using authorization::Call;

FunctionName function_in(const Call& call, std::string_view value, bool whole) {
  const std::string qualifier = whole ? std::string() : call.member("Qualifier");
  return resolve_function_name(
      call.context, value, qualifier.empty() ? std::nullopt : std::optional(qualifier), call.operation.name);
}

}  // namespace

Task<std::string> Names::complete(Call call, std::string_view kind, std::string value) {
  const std::string& partition = call.context.partition;
  if (kind == "url-auth-type" && value.empty())
    co_return co_await url_auth_type(function_in(call, call.member("FunctionName"), false));
  if (value.empty() || kind == "url-auth-type") co_return value;
  if (kind.starts_with("layer")) {
    const std::string arn = layer_name(call.context, value).arn(partition);
    co_return kind == "layer" ? arn : arn + ":" + call.member("VersionNumber");
  }
  if (kind == "vpc") co_return vpc_id(call.context.account, call.context.region);
  if (kind == "function-of-mapping") co_return co_await function_of_mapping(call.context, std::move(value));
  if (kind == "principal" || kind == "url-auth-type-of-statement") {
    const FunctionName function = function_in(call, call.member("FunctionName"), false);
    const auto found = co_await statement(function, std::move(value));
    if (!found) co_return std::string();
    co_return kind == "principal" ? found->principal : found->function_url_auth_type;
  }
  if (kind == "whole") co_return function_in(call, value, true).arn(partition);
  co_return function_in(call, value, false).qualified_arn(partition);
}

Task<std::string> Names::function_of_mapping(const wire::Context& context, std::string uuid) {
  const auto mapping = co_await store_.transact([&](store::Txn& txn) -> Task<std::optional<MappingRecord>> {
    co_return co_await load_mapping(txn, {context.account, context.region, uuid});
  });
  co_return mapping ? mapping->function_name().qualified_arn(context.partition) : std::string();
}

Task<std::string> Names::url_auth_type(FunctionName function) {
  const auto url = co_await store_.transact([&](store::Txn& txn) -> Task<std::optional<FunctionUrlRecord>> {
    co_return co_await load_url(txn, function);
  });
  co_return url ? url->auth_type : std::string();
}

Task<std::optional<PolicyStatement>> Names::statement(FunctionName function, std::string id) {
  const auto policy = co_await store_.transact([&](store::Txn& txn) -> Task<std::optional<ResourcePolicy>> {
    co_return co_await load_policy(txn, function);
  });
  if (!policy) co_return std::nullopt;
  const auto found = std::ranges::find(policy->statements, id, &PolicyStatement::sid);
  if (found == policy->statements.end()) co_return std::nullopt;
  co_return *found;
}

}  // namespace martlet::lambda
