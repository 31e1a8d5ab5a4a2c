#include "services/lambda/attachments.h"

#include "store/key.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

std::string qualifier_of(const FunctionName& name) {
  return name.qualifier == "$LATEST" ? std::string() : name.qualifier;
}

std::string policy_key(const FunctionName& name) {
  return store::Key("lambda", "policy", name.account, name.region, name.name, qualifier_of(name));
}

std::string url_key(const FunctionName& name) {
  return store::Key("lambda", "url", name.account, name.region, name.name, qualifier_of(name));
}

std::string url_id_key(const std::string& id) { return store::Key("lambda", "url-id", id); }

std::string runtime_key(const FunctionName& name) {
  return store::Key("lambda", "runtime", name.account, name.region, name.name, qualifier_of(name));
}

std::string settings_key(const FunctionName& name) {
  return store::Key("lambda", "settings", name.account, name.region, name.name);
}

std::string user_key(const FunctionName& name, const std::string& config_id) {
  return store::Key("lambda", "code-signing-user", name.account, name.region, config_id, name.name);
}

}  // namespace

Task<std::optional<ResourcePolicy>> load_policy(store::Txn& txn, FunctionName name) {
  co_return co_await store::get_record<ResourcePolicy>(txn, policy_key(name));
}

void save_policy(store::Txn& txn, const FunctionName& name, const ResourcePolicy& policy) {
  if (policy.statements.empty())
    txn.erase(policy_key(name));
  else
    store::put_record(txn, policy_key(name), policy);
}

Task<std::optional<FunctionUrlRecord>> load_url(store::Txn& txn, FunctionName name) {
  co_return co_await store::get_record<FunctionUrlRecord>(txn, url_key(name));
}

void save_url(store::Txn& txn, const FunctionName& name, const FunctionUrlRecord& url) {
  store::put_record(txn, url_key(name), url);
  store::put_record(txn, url_id_key(url.id),
                    FunctionUrlOwner{name.account, name.region, name.name, qualifier_of(name)});
}

void erase_url(store::Txn& txn, const FunctionName& name, const FunctionUrlRecord& url) {
  txn.erase(url_key(name));
  txn.erase(url_id_key(url.id));
}

Task<std::vector<FunctionUrlRecord>> list_urls(store::Txn& txn, FunctionName function) {
  std::vector<FunctionUrlRecord> found;
  for (const auto& [key, value] : co_await txn.scan(
           store::prefix_range("lambda", "url", function.account, function.region, function.name)))
    found.push_back(store::decode<FunctionUrlRecord>(value));
  co_return found;
}

Task<std::optional<FunctionName>> find_url_owner(store::Txn& txn, std::string id) {
  const auto owner = co_await store::get_record<FunctionUrlOwner>(txn, url_id_key(id));
  if (!owner) co_return std::nullopt;
  co_return FunctionName{owner->account, owner->region, owner->function, owner->qualifier};
}

Task<RuntimeManagementRecord> load_runtime_management(store::Txn& txn, FunctionName name) {
  const auto record = co_await store::get_record<RuntimeManagementRecord>(txn, runtime_key(name));
  co_return record.value_or(RuntimeManagementRecord{});
}

void save_runtime_management(store::Txn& txn, const FunctionName& name,
                             const RuntimeManagementRecord& record) {
  store::put_record(txn, runtime_key(name), record);
}

Task<FunctionSettings> load_settings(store::Txn& txn, FunctionName name) {
  const auto settings = co_await store::get_record<FunctionSettings>(txn, settings_key(name));
  co_return settings.value_or(FunctionSettings{});
}

void save_settings(store::Txn& txn, const FunctionName& name, const FunctionSettings& settings,
                   const FunctionSettings& before) {
  store::put_record(txn, settings_key(name), settings);
  if (!before.code_signing_config_id.empty()) txn.erase(user_key(name, before.code_signing_config_id));
  if (!settings.code_signing_config_id.empty()) txn.put(user_key(name, settings.code_signing_config_id), "");
}

Task<std::vector<std::string>> list_code_signing_users(store::Txn& txn, std::string account,
                                                       std::string region, std::string config_id,
                                                       std::string after, std::size_t limit) {
  store::Range range = store::prefix_range("lambda", "code-signing-user", account, region, config_id);
  if (!after.empty())
    range = store::after(std::move(range), user_key({account, region, after, ""}, config_id));
  std::vector<std::string> found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), {.limit = limit})) {
    const auto parts =
        store::unpack<std::string, std::string, std::string, std::string, std::string, std::string>(key);
    found.push_back(std::get<5>(parts));
  }
  co_return found;
}

Task<> erase_attachments(store::Txn& txn, FunctionName name) {
  if (!qualifier_of(name).empty()) {
    txn.erase(policy_key(name));
    txn.erase(runtime_key(name));
    if (const auto url = co_await load_url(txn, name)) erase_url(txn, name, *url);
    co_return;
  }
  for (const FunctionUrlRecord& url : co_await list_urls(txn, name)) {
    FunctionName owner = name;
    owner.qualifier = url.qualifier;
    erase_url(txn, owner, url);
  }
  txn.erase_range(store::prefix_range("lambda", "policy", name.account, name.region, name.name));
  txn.erase_range(store::prefix_range("lambda", "runtime", name.account, name.region, name.name));
  const FunctionSettings settings = co_await load_settings(txn, name);
  if (!settings.code_signing_config_id.empty()) txn.erase(user_key(name, settings.code_signing_config_id));
  txn.erase(settings_key(name));
}

}  // namespace martlet::lambda
