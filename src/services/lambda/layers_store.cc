#include "services/lambda/layers_store.h"

#include <charconv>

#include "base/arn.h"
#include "base/strings.h"
#include "store/key.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

std::string layer_key(const LayerName& layer) {
  return store::Key("lambda", "layer", layer.account, layer.region, layer.name);
}

std::string version_key(const LayerName& layer, std::int64_t version) {
  return store::Key("lambda", "layer-version", layer.account, layer.region, layer.name, version);
}

std::string package_key(const LayerName& layer, const LayerVersionRecord& version) {
  return store::Key("lambda", "package", version.content.sha256, layer.account, layer.region,
                    "layer:" + layer.name + ":" + std::to_string(version.version));
}

}  // namespace

std::string LayerName::arn(std::string_view partition) const {
  return "arn:" + std::string(partition) + ":lambda:" + region + ":" + account + ":layer:" + name;
}

std::string LayerName::version_arn(std::string_view partition, std::int64_t version) const {
  return arn(partition) + ":" + std::to_string(version);
}

LayerName layer_name(const wire::Context& context, std::string_view text) {
  const auto arn = Arn::parse(text);
  if (!arn) return {context.account, context.region, std::string(text)};
  return {arn->account, arn->region, arn->resource.substr(arn->resource.find(':') + 1)};
}

std::optional<LayerVersionName> parse_layer_version_arn(std::string_view text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "lambda") return std::nullopt;
  const auto parts = split(arn->resource, ':');
  if (parts.size() != 3 || parts[0] != "layer") return std::nullopt;
  LayerVersionName name{{arn->account, arn->region, std::string(parts[1])}, 0};
  const char* end = parts[2].data() + parts[2].size();
  const auto [stopped, failed] = std::from_chars(parts[2].data(), end, name.version);
  if (failed != std::errc() || stopped != end) return std::nullopt;
  return name;
}

Task<std::optional<LayerVersionRecord>> load_layer_version(store::Txn& txn, LayerName layer,
                                                           std::int64_t version) {
  co_return co_await store::get_record<LayerVersionRecord>(txn, version_key(layer, version));
}

Task<std::int64_t> take_layer_version_number(store::Txn& txn, LayerName layer) {
  LayerRecord record{.name = layer.name};
  if (const auto known = co_await store::get_record<LayerRecord>(txn, layer_key(layer))) record = *known;
  ++record.last_version;
  store::put_record(txn, layer_key(layer), record);
  co_return record.last_version;
}

void save_layer_version(store::Txn& txn, const LayerName& layer, const LayerVersionRecord& version) {
  store::put_record(txn, version_key(layer, version.version), version);
  txn.put(package_key(layer, version), "");
}

void erase_layer_version(store::Txn& txn, const LayerName& layer, const LayerVersionRecord& version) {
  txn.erase(version_key(layer, version.version));
  txn.erase(package_key(layer, version));
}

Task<std::vector<LayerVersionRecord>> list_layer_versions(store::Txn& txn, LayerName layer,
                                                          std::int64_t before, std::size_t limit) {
  store::Range range =
      store::prefix_range("lambda", "layer-version", layer.account, layer.region, layer.name);
  if (before > 0) range = store::before(std::move(range), version_key(layer, before));
  std::vector<LayerVersionRecord> found;
  const store::ScanOptions newest_first{.limit = limit, .order = store::Order::kDescending};
  for (const auto& [key, value] : co_await txn.scan(std::move(range), newest_first))
    found.push_back(store::decode<LayerVersionRecord>(value));
  co_return found;
}

Task<std::vector<LayerRecord>> list_layers(store::Txn& txn, std::string account, std::string region,
                                           std::string after) {
  store::Range range = store::prefix_range("lambda", "layer", account, region);
  if (!after.empty()) range = store::after(std::move(range), layer_key({account, region, after}));
  std::vector<LayerRecord> found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range)))
    found.push_back(store::decode<LayerRecord>(value));
  co_return found;
}

Task<std::uint64_t> layer_bytes(store::Txn& txn, std::string account, std::string region) {
  std::uint64_t bytes = 0;
  for (const auto& [key, value] :
       co_await txn.scan(store::prefix_range("lambda", "layer-version", account, region)))
    bytes += store::decode<LayerVersionRecord>(value).content.size;
  co_return bytes;
}

}  // namespace martlet::lambda
