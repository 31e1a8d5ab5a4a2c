// GetAccountSettings: the account's limits, and what it uses.

#include "services/lambda/functions_store.h"
#include "services/lambda/layers_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"
#include "services/lambda/settings_store.h"

namespace martlet::lambda {

Task<GetAccountSettingsResponse> LambdaService::GetAccountSettings(wire::Context& context,
                                                                   GetAccountSettingsRequest) {
  GetAccountSettingsResponse out;
  auto& limit = out.account_limit.emplace();
  limit.total_code_size = static_cast<std::int64_t>(kMaxCodeStorageBytes);
  limit.code_size_unzipped = static_cast<std::int64_t>(kMaxUnzippedBytes);
  limit.code_size_zipped = static_cast<std::int64_t>(kMaxZipBytes);
  limit.concurrent_executions = static_cast<std::int32_t>(kAccountConcurrency);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    std::int32_t unreserved = static_cast<std::int32_t>(kAccountConcurrency);
    for (const auto& [name, record] : co_await list_concurrency(txn, context.account, context.region))
      unreserved -= static_cast<std::int32_t>(record.reserved);
    limit.unreserved_concurrent_executions = unreserved;
    const Usage used = co_await load_usage(txn, context.account, context.region);
    const std::uint64_t in_layers = co_await layer_bytes(txn, context.account, context.region);
    out.account_usage.emplace();
    out.account_usage->function_count = used.functions;
    out.account_usage->total_code_size = used.code_bytes + static_cast<std::int64_t>(in_layers);
  });
  co_return out;
}

}  // namespace martlet::lambda
