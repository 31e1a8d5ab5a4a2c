#pragma once

// What is kept beside a function's versions:
//   ("lambda", "alias", account, region, name, alias)               AliasRecord
//   ("lambda", "concurrency", account, region, name)                ConcurrencyRecord
//   ("lambda", "provisioned", account, region, name, qualifier)     ProvisionedRecord
//   ("lambda", "event-invoke", account, region, name, qualifier)    EventInvokeRecord; $LATEST is a qualifier
// FunctionName::qualifier names the qualifier. Everything happens inside the caller's transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "services/lambda/records.h"
#include "store/store.h"

namespace martlet::lambda {

/// The alias that the name's qualifier names.
Task<std::optional<AliasRecord>> load_alias(store::Txn& txn, FunctionName name);
void save_alias(store::Txn& txn, const FunctionName& name, const AliasRecord& alias);
/// In the order of their names, after `after`.
Task<std::vector<AliasRecord>> list_aliases(store::Txn& txn, FunctionName name, std::string after,
                                            std::size_t limit = 0);

Task<std::optional<ConcurrencyRecord>> load_concurrency(store::Txn& txn, FunctionName name);
void save_concurrency(store::Txn& txn, const FunctionName& name, const ConcurrencyRecord& concurrency);
void erase_concurrency(store::Txn& txn, const FunctionName& name);
/// Of all functions of an account and region; of all there are when both are empty.
Task<std::vector<std::pair<FunctionName, ConcurrencyRecord>>> list_concurrency(store::Txn& txn,
                                                                               std::string account,
                                                                               std::string region);

/// What functions without reserved concurrency share: the account's concurrency without what is reserved, and
/// without what is provisioned for functions that reserve nothing.
Task<std::int64_t> unreserved_concurrency(store::Txn& txn, std::string account, std::string region);

Task<std::optional<ProvisionedRecord>> load_provisioned(store::Txn& txn, FunctionName name);
void save_provisioned(store::Txn& txn, const FunctionName& name, const ProvisionedRecord& provisioned);
void erase_provisioned(store::Txn& txn, const FunctionName& name);
/// Of a function, in the order of qualifiers, after `after`; the names carry the qualifier.
Task<std::vector<std::pair<FunctionName, ProvisionedRecord>>> list_provisioned(store::Txn& txn,
                                                                               FunctionName name,
                                                                               std::string after,
                                                                               std::size_t limit = 0);
/// Of all functions of an account and region; of all there are when both are empty.
Task<std::vector<std::pair<FunctionName, ProvisionedRecord>>> list_all_provisioned(store::Txn& txn,
                                                                                   std::string account,
                                                                                   std::string region);

Task<std::optional<EventInvokeRecord>> load_event_invoke(store::Txn& txn, FunctionName name);
void save_event_invoke(store::Txn& txn, const FunctionName& name, const EventInvokeRecord& config);
void erase_event_invoke(store::Txn& txn, const FunctionName& name);
Task<std::vector<std::pair<FunctionName, EventInvokeRecord>>> list_event_invoke(store::Txn& txn,
                                                                                FunctionName name,
                                                                                std::string after,
                                                                                std::size_t limit);

/// All that is kept for one version or alias, when it goes; the alias itself too.
void erase_settings_of_qualifier(store::Txn& txn, const FunctionName& name);
/// All that is kept for a function beside its versions, when it goes.
void erase_settings_of_function(store::Txn& txn, const FunctionName& name);

}  // namespace martlet::lambda
