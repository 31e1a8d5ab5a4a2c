// Reserved concurrency: what a function keeps for itself, and no more than which it uses.

#include <fmt/core.h>

#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

Task<> check_reservation(store::Txn& txn, FunctionName name, std::uint32_t reserved) {
  std::int64_t provisioned = 0;
  for (const auto& [of, config] : co_await list_provisioned(txn, name, "")) provisioned += config.requested;
  const auto before = co_await load_concurrency(txn, name);
  // What the function had, reserved or provisioned, is its own to give.
  const std::int64_t left = co_await unreserved_concurrency(txn, name.account, name.region) +
                            (before ? std::int64_t{before->reserved} : provisioned);
  if (left - std::int64_t{reserved} < std::int64_t{kMinUnreservedConcurrency})
    throw invalid_parameter(
        fmt::format("Specified ReservedConcurrentExecutions for function decreases account's "
                    "UnreservedConcurrentExecution below its minimum value of [{}].",
                    kMinUnreservedConcurrency));
  if (provisioned > std::int64_t{reserved})
    throw invalid_parameter(
        fmt::format(" ReservedConcurrentExecutions  {} should not be lower than function's "
                    "total provisioned concurrency [{}].",
                    reserved, provisioned));
}

}  // namespace

Task<Concurrency> LambdaService::PutFunctionConcurrency(wire::Context& context,
                                                        PutFunctionConcurrencyRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "PutFunctionConcurrency");
  const auto reserved = static_cast<std::uint32_t>(input.reserved_concurrent_executions);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
    co_await check_reservation(txn, name, reserved);
    save_concurrency(txn, name, {.reserved = reserved});
  });
  set_reserved_concurrency(name, context.partition, reserved);
  Concurrency out;
  out.reserved_concurrent_executions = input.reserved_concurrent_executions;
  co_return out;
}

Task<GetFunctionConcurrencyResponse> LambdaService::GetFunctionConcurrency(
    wire::Context& context, GetFunctionConcurrencyRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "GetFunctionConcurrency");
  GetFunctionConcurrencyResponse out;
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
    if (const auto concurrency = co_await load_concurrency(txn, name))
      out.reserved_concurrent_executions = static_cast<std::int32_t>(concurrency->reserved);
  });
  co_return out;
}

Task<> LambdaService::DeleteFunctionConcurrency(wire::Context& context,
                                                DeleteFunctionConcurrencyRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "DeleteFunctionConcurrency");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
    erase_concurrency(txn, name);
  });
  set_reserved_concurrency(name, context.partition, std::nullopt);
}

void LambdaService::set_reserved_concurrency(const FunctionName& name, std::string_view partition,
                                             std::optional<std::uint32_t> reserved) {
  const std::string arn = name.arn(partition);
  if (!reserved && !reserved_.contains(arn)) return;
  with_.fleet.set_reserved_concurrency(arn, reserved);
  if (reserved)
    reserved_.insert(arn);
  else
    reserved_.erase(arn);
}

Task<> LambdaService::restore() {
  co_await async_.recover();
  struct Stored {
    std::vector<std::pair<FunctionName, ConcurrencyRecord>> reserved;
    std::vector<std::pair<FunctionName, ProvisionedRecord>> provisioned;
    std::vector<StoredVersion> without_snapshot;
  };
  const Stored stored = co_await with_.store.transact([&](store::Txn& txn) -> Task<Stored> {
    Stored found;
    found.reserved = co_await list_concurrency(txn, "", "");
    found.provisioned = co_await list_all_provisioned(txn, "", "");
    found.without_snapshot = co_await versions_without_snapshot(txn);
    co_return found;
  });
  for (const auto& [name, concurrency] : stored.reserved)
    set_reserved_concurrency(name, partition_of(name.region), concurrency.reserved);
  std::set<std::string> begun;
  for (const auto& [name, provisioned] : stored.provisioned)
    if (begun.insert(name.arn("aws")).second) begin_provisioning(name, partition_of(name.region));
  for (const StoredVersion& version : stored.without_snapshot)
    begin_snapshot(version.function, version.name, partition_of(version.name.region));
  co_await mappings_.restore();
}

LambdaService::LambdaService(Dependencies with)
    : with_(std::move(with)),
      specs_(with_.fleet),
      provisioning_(with_.fleet),
      invocation_metrics_(with_.metrics, with_.fleet),
      async_({.executor = with_.executor,
              .store = with_.store,
              .clock = with_.clock,
              .ids = with_.ids,
              .targets = with_.targets,
              .metrics = with_.metrics,
              .attempt = [this](AsyncEvent event) { return attempt(std::move(event)); },
              .settings = [this](AsyncEvent event) { return async_settings(std::move(event)); }}),
      mappings_({.executor = with_.executor,
                 .store = with_.store,
                 .clock = with_.clock,
                 .ids = with_.ids,
                 .sources = with_.sources,
                 .metrics = with_.metrics,
                 .invoke =
                     [this](FunctionName name, std::string partition, MappingInvocation batch) {
                       return handle_batch(std::move(name), std::move(partition), std::move(batch));
                     },
                 .role_refusal = with_.role_refusal}),
      target_([this](store::Txn& txn, const targets::Delivery& delivery) {
        return accept_delivery(txn, delivery);
      }) {}

Task<> LambdaService::stop() {
  co_await mappings_.stop();
  co_await async_.stop();
}

void LambdaService::reset() {
  policies_.changed();
  tags_.changed();
  mappings_.reset();
  async_.reset();
  for (const std::string& arn : reserved_) with_.fleet.set_reserved_concurrency(arn, std::nullopt);
  reserved_.clear();
  provisioning_.clear();
  specs_.clear();
}

}  // namespace martlet::lambda
