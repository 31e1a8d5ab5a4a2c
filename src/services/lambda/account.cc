// GetAccountSettings: the account's limits, and what it uses.

#include "services/lambda/functions_store.h"
#include "services/lambda/layers_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

Task<GetAccountSettingsResponse> LambdaService::GetAccountSettings(wire::Context& context,
                                                                   GetAccountSettingsRequest) {
  GetAccountSettingsResponse out;
  auto& limit = out.account_limit.emplace();
  limit.total_code_size = static_cast<std::int64_t>(kMaxTotalCodeBytes);
  limit.code_size_unzipped = static_cast<std::int64_t>(kMaxUnzippedBytes);
  limit.code_size_zipped = static_cast<std::int64_t>(kMaxZipBytes);
  limit.concurrent_executions = kConcurrentExecutions;
  limit.unreserved_concurrent_executions = kConcurrentExecutions;
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    auto& usage = out.account_usage.emplace();
    std::uint64_t bytes = co_await layer_bytes(txn, context.account, context.region);
    const auto functions = co_await list_functions(txn, context.account, context.region, "", 0);
    for (const FunctionRecord& function : functions) bytes += function.code.size;
    usage.function_count = static_cast<std::int64_t>(functions.size());
    usage.total_code_size = static_cast<std::int64_t>(bytes);
  });
  co_return out;
}

}  // namespace martlet::lambda
