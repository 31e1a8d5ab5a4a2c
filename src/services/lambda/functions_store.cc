#include "services/lambda/functions_store.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "services/lambda/attachments.h"
#include "services/lambda/settings_store.h"
#include "store/key.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

/// Usage is kept in parts, so that changes of different functions seldom meet in one key.
constexpr std::uint32_t kUsageShards = 64;

struct UsageRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::int64_t functions = 0;
  std::int64_t code_bytes = 0;
  void fields(auto& field) {
    field(1, functions);
    field(2, code_bytes);
  }
};

std::string function_key(const FunctionName& name) {
  return store::Key("lambda", "function", name.account, name.region, name.name);
}

std::string version_key(const FunctionName& name, const std::string& version) {
  const std::int64_t number = version_number(version);
  if (number == 0) return function_key(name);
  return store::Key("lambda", "version", name.account, name.region, name.name, number);
}

store::Range versions_of(const FunctionName& name) {
  return store::prefix_range("lambda", "version", name.account, name.region, name.name);
}

std::string last_version_key(const FunctionName& name) {
  return store::Key("lambda", "last-version", name.account, name.region, name.name);
}

std::string package_key(const std::string& sha256_hex, const FunctionName& name, const std::string& version) {
  store::Key key("lambda", "package", sha256_hex, name.account, name.region, name.name);
  const std::int64_t number = version_number(version);
  return number == 0 ? key : key.add(number);
}

Task<> add_usage(store::Txn& txn, FunctionName name, std::int64_t functions, std::int64_t code_bytes) {
  const std::string key =
      store::Key("lambda", "usage", name.account, name.region, crc32(name.name) % kUsageShards);
  UsageRecord usage = (co_await store::get_record<UsageRecord>(txn, key)).value_or(UsageRecord{});
  usage.functions = std::max<std::int64_t>(0, usage.functions + functions);
  usage.code_bytes = std::max<std::int64_t>(0, usage.code_bytes + code_bytes);
  store::put_record(txn, key, usage);
}

std::set<std::string> package_keys(const FunctionName& name, const FunctionRecord& function) {
  std::set<std::string> keys;
  for (const store::BlobRef& package : packages_of(function))
    keys.insert(package_key(package.sha256, name, function.version));
  return keys;
}

std::int64_t code_bytes_of(const FunctionRecord& function) {
  return static_cast<std::int64_t>(function.code.size);
}

}  // namespace

std::int64_t version_number(const std::string& version) {
  std::int64_t number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

std::vector<store::BlobRef> packages_of(const FunctionRecord& function) {
  std::vector<store::BlobRef> packages;
  if (!function.code.sha256.empty()) packages.push_back(function.code);
  for (const LayerUse& layer : function.layers) packages.push_back(layer.content);
  if (function.image)
    for (store::BlobRef& package : packages_of(*function.image)) packages.push_back(std::move(package));
  return packages;
}

std::vector<store::BlobRef> packages_of(const ImageUse& image) {
  std::vector<store::BlobRef> packages = image.layers;
  packages.push_back({.sha256 = image.directory_key(), .size = 0});
  return packages;
}

std::string content_digest(const FunctionRecord& function) {
  FunctionRecord content = function;
  content.version.clear();
  content.last_modified_ms = 0;
  content.revision_id.clear();
  content.tags.clear();
  content.snapshot = Snapshot::kNone;
  content.snapshot_failure.clear();
  content.published_digest.clear();
  content.open_variables.clear();
  content.sealed_variables.clear();
  return to_hex(as_view(sha256(store::encode(content))));
}

Task<std::optional<FunctionRecord>> load_function(store::Txn& txn, FunctionName name) {
  co_return co_await store::get_record<FunctionRecord>(txn, function_key(name));
}

Task<std::optional<FunctionRecord>> load_version(store::Txn& txn, FunctionName name, std::string version) {
  if (version != "$LATEST" && version_number(version) == 0) co_return std::nullopt;
  co_return co_await store::get_record<FunctionRecord>(txn, version_key(name, version));
}

Task<> save_function(store::Txn& txn, FunctionName name, FunctionRecord function,
                     std::optional<FunctionRecord> before) {
  store::put_record(txn, version_key(name, function.version), function);
  const std::set<std::string> now = package_keys(name, function);
  const std::set<std::string> until_now = before ? package_keys(name, *before) : std::set<std::string>{};
  for (const std::string& key : until_now)
    if (!now.contains(key)) txn.erase(key);
  for (const std::string& key : now)
    if (!until_now.contains(key)) txn.put(key, "");
  const std::int64_t functions = !before && function.is_latest() ? 1 : 0;
  const std::int64_t code_bytes = code_bytes_of(function) - (before ? code_bytes_of(*before) : 0);
  if (functions != 0 || code_bytes != 0) co_await add_usage(txn, name, functions, code_bytes);
}

Task<> erase_version(store::Txn& txn, FunctionName name, FunctionRecord version) {
  txn.erase(version_key(name, version.version));
  for (const std::string& key : package_keys(name, version)) txn.erase(key);
  co_await add_usage(txn, name, version.is_latest() ? -1 : 0, -code_bytes_of(version));
}

Task<std::vector<store::BlobRef>> erase_function(store::Txn& txn, FunctionName name) {
  std::vector<FunctionRecord> versions = co_await list_versions(txn, name, 0, 0);
  if (auto latest = co_await load_function(txn, name)) versions.push_back(std::move(*latest));
  std::vector<store::BlobRef> packages;
  for (const FunctionRecord& version : versions) {
    for (store::BlobRef& package : packages_of(version))
      if (std::ranges::find(packages, package) == packages.end()) packages.push_back(std::move(package));
    co_await erase_version(txn, name, version);
  }
  erase_settings_of_function(txn, name);
  txn.erase(last_version_key(name));
  name.qualifier.clear();
  co_await erase_attachments(txn, name);
  co_return packages;
}

Task<FunctionPage> list_functions(store::Txn& txn, std::string account, std::string region, std::string after,
                                  std::size_t limit) {
  store::Range range = store::prefix_range("lambda", "function", account, region);
  if (!after.empty())
    range = store::after(std::move(range), store::Key("lambda", "function", account, region, after));
  // One more than asked for tells whether there is another page.
  const auto found = co_await txn.scan(std::move(range), {.limit = limit + 1});
  FunctionPage page;
  page.more = found.size() > limit;
  page.functions.reserve(std::min(limit, found.size()));
  for (std::size_t i = 0; i < std::min(limit, found.size()); ++i)
    page.functions.push_back(store::decode<FunctionRecord>(found[i].value));
  co_return page;
}

Task<std::vector<FunctionRecord>> list_versions(store::Txn& txn, FunctionName name, std::int64_t after,
                                                std::size_t limit) {
  store::Range range = versions_of(name);
  if (after > 0) range = store::after(std::move(range), version_key(name, std::to_string(after)));
  std::vector<FunctionRecord> found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), {.limit = limit}))
    found.push_back(store::decode<FunctionRecord>(value));
  co_return found;
}

Task<std::vector<FunctionRecord>> list_all_versions(store::Txn& txn, std::string account, std::string region,
                                                    std::string after_name, std::int64_t after_number,
                                                    std::size_t limit) {
  std::vector<FunctionRecord> found;
  if (!after_name.empty())
    found = co_await list_versions(txn, {account, region, after_name, ""}, after_number, limit);
  while (found.size() < limit) {
    std::vector<FunctionRecord> functions =
        (co_await list_functions(txn, account, region, after_name, limit - found.size())).functions;
    if (functions.empty()) break;
    for (FunctionRecord& function : functions) {
      if (found.size() >= limit) break;
      after_name = function.name;
      found.push_back(std::move(function));
      if (found.size() >= limit) break;
      for (FunctionRecord& version :
           co_await list_versions(txn, {account, region, after_name, ""}, 0, limit - found.size()))
        found.push_back(std::move(version));
    }
  }
  co_return found;
}

Task<std::vector<StoredVersion>> versions_without_snapshot(store::Txn& txn) {
  std::vector<StoredVersion> found;
  for (const auto& [key, value] : co_await txn.scan(store::prefix_range("lambda", "version"))) {
    FunctionRecord function = store::decode<FunctionRecord>(value);
    if (function.snapshot != Snapshot::kPending) continue;
    store::KeyReader reader(key);
    reader.text();
    reader.text();
    FunctionName name;
    name.account = reader.text();
    name.region = reader.text();
    name.name = reader.text();
    name.qualifier = function.version;
    found.push_back({std::move(name), std::move(function)});
  }
  co_return found;
}

Task<std::int64_t> load_last_version(store::Txn& txn, FunctionName name) {
  const auto text = co_await txn.get(last_version_key(name));
  co_return text ? version_number(*text) : 0;
}

void save_last_version(store::Txn& txn, const FunctionName& name, std::int64_t number) {
  txn.put(last_version_key(name), std::to_string(number));
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

Task<Usage> load_usage(store::Txn& txn, std::string account, std::string region) {
  Usage usage;
  for (const auto& [key, value] :
       co_await txn.scan(store::prefix_range("lambda", "usage", account, region))) {
    const UsageRecord part = store::decode<UsageRecord>(value);
    usage.functions += part.functions;
    usage.code_bytes += part.code_bytes;
  }
  co_return usage;
}

}  // namespace martlet::lambda
