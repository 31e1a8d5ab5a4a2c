#include "services/lambda/settings_store.h"

#include <set>
#include <string_view>

#include "services/lambda/limits.h"
#include "store/key.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

constexpr std::string_view kAlias = "alias";
constexpr std::string_view kConcurrency = "concurrency";
constexpr std::string_view kProvisioned = "provisioned";
constexpr std::string_view kEventInvoke = "event-invoke";

/// What there is once per function.
constexpr std::string_view kOfFunction[] = {kConcurrency};
/// What there is per version or alias.
constexpr std::string_view kOfQualifier[] = {kAlias, kProvisioned, kEventInvoke};

std::string function_key(std::string_view kind, const FunctionName& name) {
  return store::Key("lambda", kind, name.account, name.region, name.name);
}

std::string qualifier_key(std::string_view kind, const FunctionName& name) {
  return store::Key("lambda", kind, name.account, name.region, name.name, name.qualifier);
}

store::Range range_of(std::string_view kind, const std::string& account, const std::string& region) {
  return account.empty() ? store::prefix_range("lambda", kind)
                         : store::prefix_range("lambda", kind, account, region);
}

store::Range page_of(std::string_view kind, FunctionName name, const std::string& after) {
  store::Range range = store::range_below(function_key(kind, name));
  if (after.empty()) return range;
  name.qualifier = after;
  return store::after(std::move(range), qualifier_key(kind, name));
}

FunctionName name_in(const std::string& key) {
  store::KeyReader reader(key);
  reader.text();
  reader.text();
  FunctionName name;
  name.account = reader.text();
  name.region = reader.text();
  name.name = reader.text();
  if (!reader.at_end()) name.qualifier = reader.text();
  return name;
}

template <class Record>
Task<std::vector<std::pair<FunctionName, Record>>> scan(store::Txn& txn, store::Range range,
                                                        std::size_t limit = 0) {
  std::vector<std::pair<FunctionName, Record>> found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), {.limit = limit}))
    found.emplace_back(name_in(key), store::decode<Record>(value));
  co_return found;
}

}  // namespace

Task<std::optional<AliasRecord>> load_alias(store::Txn& txn, FunctionName name) {
  co_return co_await store::get_record<AliasRecord>(txn, qualifier_key(kAlias, name));
}

void save_alias(store::Txn& txn, const FunctionName& name, const AliasRecord& alias) {
  store::put_record(txn, qualifier_key(kAlias, name), alias);
}

Task<std::vector<AliasRecord>> list_aliases(store::Txn& txn, FunctionName name, std::string after,
                                            std::size_t limit) {
  std::vector<AliasRecord> found;
  for (const auto& [key, value] : co_await txn.scan(page_of(kAlias, name, after), {.limit = limit}))
    found.push_back(store::decode<AliasRecord>(value));
  co_return found;
}

Task<std::optional<ConcurrencyRecord>> load_concurrency(store::Txn& txn, FunctionName name) {
  co_return co_await store::get_record<ConcurrencyRecord>(txn, function_key(kConcurrency, name));
}

void save_concurrency(store::Txn& txn, const FunctionName& name, const ConcurrencyRecord& concurrency) {
  store::put_record(txn, function_key(kConcurrency, name), concurrency);
}

void erase_concurrency(store::Txn& txn, const FunctionName& name) {
  txn.erase(function_key(kConcurrency, name));
}

Task<std::vector<std::pair<FunctionName, ConcurrencyRecord>>> list_concurrency(store::Txn& txn,
                                                                               std::string account,
                                                                               std::string region) {
  co_return co_await scan<ConcurrencyRecord>(txn, range_of(kConcurrency, account, region));
}

Task<std::int64_t> unreserved_concurrency(store::Txn& txn, std::string account, std::string region) {
  std::int64_t left = kAccountConcurrency;
  std::set<std::string> with_reserved;
  for (const auto& [name, concurrency] : co_await list_concurrency(txn, account, region)) {
    left -= concurrency.reserved;
    with_reserved.insert(name.name);
  }
  for (const auto& [name, provisioned] : co_await list_all_provisioned(txn, account, region))
    if (!with_reserved.contains(name.name)) left -= provisioned.requested;
  co_return left;
}

Task<std::optional<ProvisionedRecord>> load_provisioned(store::Txn& txn, FunctionName name) {
  co_return co_await store::get_record<ProvisionedRecord>(txn, qualifier_key(kProvisioned, name));
}

void save_provisioned(store::Txn& txn, const FunctionName& name, const ProvisionedRecord& provisioned) {
  store::put_record(txn, qualifier_key(kProvisioned, name), provisioned);
}

void erase_provisioned(store::Txn& txn, const FunctionName& name) {
  txn.erase(qualifier_key(kProvisioned, name));
}

Task<std::vector<std::pair<FunctionName, ProvisionedRecord>>> list_provisioned(store::Txn& txn,
                                                                               FunctionName name,
                                                                               std::string after,
                                                                               std::size_t limit) {
  co_return co_await scan<ProvisionedRecord>(txn, page_of(kProvisioned, name, after), limit);
}

Task<std::vector<std::pair<FunctionName, ProvisionedRecord>>> list_all_provisioned(store::Txn& txn,
                                                                                   std::string account,
                                                                                   std::string region) {
  co_return co_await scan<ProvisionedRecord>(txn, range_of(kProvisioned, account, region));
}

Task<std::optional<EventInvokeRecord>> load_event_invoke(store::Txn& txn, FunctionName name) {
  co_return co_await store::get_record<EventInvokeRecord>(txn, qualifier_key(kEventInvoke, name));
}

void save_event_invoke(store::Txn& txn, const FunctionName& name, const EventInvokeRecord& config) {
  store::put_record(txn, qualifier_key(kEventInvoke, name), config);
}

void erase_event_invoke(store::Txn& txn, const FunctionName& name) {
  txn.erase(qualifier_key(kEventInvoke, name));
}

Task<std::vector<std::pair<FunctionName, EventInvokeRecord>>> list_event_invoke(store::Txn& txn,
                                                                                FunctionName name,
                                                                                std::string after,
                                                                                std::size_t limit) {
  co_return co_await scan<EventInvokeRecord>(txn, page_of(kEventInvoke, name, after), limit);
}

void erase_settings_of_qualifier(store::Txn& txn, const FunctionName& name) {
  for (const std::string_view kind : kOfQualifier) txn.erase(qualifier_key(kind, name));
}

void erase_settings_of_function(store::Txn& txn, const FunctionName& name) {
  for (const std::string_view kind : kOfFunction) txn.erase(function_key(kind, name));
  for (const std::string_view kind : kOfQualifier)
    txn.erase_range(store::range_below(function_key(kind, name)));
}

}  // namespace martlet::lambda
