#include "services/lambda/functions_store.h"

#include "store/key.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

std::string function_key(const FunctionName& name) {
  return store::Key("lambda", "function", name.account, name.region, name.name);
}

std::string package_key(const std::string& code_sha256_hex, const FunctionName& name) {
  return store::Key("lambda", "package", code_sha256_hex, name.account, name.region, name.name);
}

}  // namespace

Task<std::optional<FunctionRecord>> load_function(store::Txn& txn, FunctionName name) {
  co_return co_await store::get_record<FunctionRecord>(txn, function_key(name));
}

void save_function(store::Txn& txn, const FunctionName& name, const FunctionRecord& function,
                   const std::optional<FunctionRecord>& before) {
  store::put_record(txn, function_key(name), function);
  if (before && before->code.sha256 == function.code.sha256) return;
  if (before) txn.erase(package_key(before->code.sha256, name));
  txn.put(package_key(function.code.sha256, name), "");
}

void erase_function(store::Txn& txn, const FunctionName& name, const FunctionRecord& function) {
  txn.erase(function_key(name));
  txn.erase(package_key(function.code.sha256, name));
}

Task<std::vector<FunctionRecord>> list_functions(store::Txn& txn, std::string account, std::string region,
                                                 std::string after, std::size_t limit) {
  store::Range range = store::prefix_range("lambda", "function", account, region);
  if (!after.empty())
    range = store::after(std::move(range), store::Key("lambda", "function", account, region, after));
  std::vector<FunctionRecord> found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), {.limit = limit}))
    found.push_back(store::decode<FunctionRecord>(value));
  co_return found;
}

Task<bool> is_package_in_use(store::Txn& txn, std::string code_sha256_hex) {
  const auto users =
      co_await txn.scan(store::prefix_range("lambda", "package", code_sha256_hex), {.limit = 1});
  co_return !users.empty();
}

Task<std::set<std::string>> packages_in_use(store::Txn& txn) {
  std::set<std::string> found;
  for (const auto& [key, value] : co_await txn.scan(store::prefix_range("lambda", "package"))) {
    store::KeyReader reader(key);
    reader.text();
    reader.text();
    found.insert(reader.text());
  }
  co_return found;
}

}  // namespace martlet::lambda
