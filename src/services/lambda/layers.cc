// Layers: publish, read, list, delete. (Who else may use them: layer_permissions.cc; how functions get them:
// function_layers.cc.)

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "services/lambda/answers.h"
#include "services/lambda/errors.h"
#include "services/lambda/layers_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

std::string content_of(LayerVersionContentInput& content) {
  if (content.s3_bucket || content.s3_key)
    throw feature_not_implemented("PublishLayerVersion with content in S3");
  if (!content.zip_file) throw no_layer_content();
  if (content.zip_file->empty()) throw invalid_parameter("Uploaded file must be a non-empty zip");
  if (content.zip_file->size() > kMaxZipBytes)
    throw request_too_large(
        fmt::format("Zipped size must be smaller than {} bytes for direct upload", kMaxZipBytes));
  return std::move(*content.zip_file);
}

template <class Output>
void describe_version(Output& out, const LayerVersionRecord& version, const LayerName& layer,
                      const std::string& partition) {
  out.layer_version_arn = layer.version_arn(partition, version.version);
  out.version = version.version;
  out.description = version.description;
  out.created_date = date_text(version.created_ms);
  if (!version.architectures.empty()) out.compatible_architectures = version.architectures;
  if (!version.runtimes.empty()) out.compatible_runtimes = version.runtimes;
  if (!version.license_info.empty()) out.license_info = version.license_info;
}

/// What PublishLayerVersion and GetLayerVersion answer.
template <class Output>
Output describe_content(const LayerVersionRecord& version, const LayerName& layer,
                        const std::string& partition, std::string location) {
  Output out;
  describe_version(out, version, layer, partition);
  out.layer_arn = layer.arn(partition);
  auto& content = out.content.emplace();
  content.code_size = static_cast<std::int64_t>(version.content.size);
  content.code_sha256 = base64_of_hex(version.content.sha256);
  content.location = std::move(location);
  return out;
}

bool has(const std::vector<std::string>& list, const std::optional<std::string>& wanted) {
  return !wanted || std::ranges::find(list, *wanted) != list.end();
}

template <class Request>
bool matches(const LayerVersionRecord& version, const Request& filter) {
  return has(version.runtimes, filter.compatible_runtime) &&
         has(version.architectures, filter.compatible_architecture);
}

std::size_t page_size(const std::optional<std::int32_t>& max_items) {
  return max_items ? static_cast<std::size_t>(*max_items) : kMaxItemsPerPage;
}

}  // namespace

Task<LayerVersionRecord> LambdaService::publish_layer(LayerName layer, LayerVersionRecord version,
                                                      std::string zip) {
  version.content = co_await with_.blobs.put(std::move(zip));
  const auto kept = being_kept_.insert(version.content.sha256);
  std::exception_ptr failure;
  try {
    const auto directory =
        co_await with_.packages.open(version.content.sha256, with_.blobs.path_of(version.content));
    version.unpacked_bytes = co_await with_.packages.size_of(directory);
    version.version = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::int64_t> {
      LayerVersionRecord record = version;
      record.version = co_await take_layer_version_number(txn, layer);
      save_layer_version(txn, layer, record);
      co_return record.version;
    });
  } catch (...) {
    failure = std::current_exception();
  }
  being_kept_.erase(kept);
  if (failure) {
    co_await release_code(version.content);
    std::rethrow_exception(failure);
  }
  co_return version;
}

Task<PublishLayerVersionResponse> LambdaService::PublishLayerVersion(wire::Context& context,
                                                                     PublishLayerVersionRequest input) {
  const LayerName layer = layer_name(context, input.layer_name);
  if (layer.account != context.account || layer.region != context.region)
    throw layer_access_denied(context.caller.arn, layer.arn(context.partition));
  LayerVersionRecord version;
  version.description = input.description.value_or("");
  version.license_info = input.license_info.value_or("");
  version.architectures = input.compatible_architectures.value_or(std::vector<std::string>{});
  version.runtimes = input.compatible_runtimes.value_or(std::vector<std::string>{});
  version.created_ms = to_epoch_ms(with_.clock.now());
  version = co_await publish_layer(layer, std::move(version), content_of(input.content));
  co_return describe_content<PublishLayerVersionResponse>(version, layer, context.partition,
                                                          layer_location(context, layer, version.version));
}

Task<GetLayerVersionResponse> LambdaService::get_layer_version(const wire::Context& context, LayerName layer,
                                                               std::int64_t number) {
  if (number < 1) throw layer_version_below_one();
  const auto version =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<LayerVersionRecord>> {
        co_return co_await load_layer_version(txn, layer, number);
      });
  if (layer.account != context.account &&
      !(version && version->policy && allows(*version->policy, "lambda:GetLayerVersion", context.account)))
    throw layer_access_denied(context.caller.arn, layer.version_arn(context.partition, number));
  if (!version || layer.region != context.region) throw resource_not_found();
  co_return describe_content<GetLayerVersionResponse>(*version, layer, context.partition,
                                                      layer_location(context, layer, number));
}

Task<GetLayerVersionResponse> LambdaService::GetLayerVersion(wire::Context& context,
                                                             GetLayerVersionRequest input) {
  co_return co_await get_layer_version(context, layer_name(context, input.layer_name), input.version_number);
}

Task<GetLayerVersionResponse> LambdaService::GetLayerVersionByArn(wire::Context& context,
                                                                  GetLayerVersionByArnRequest input) {
  const auto name = parse_layer_version_arn(input.arn);
  if (!name) throw resource_not_found();  // one of AWS's own layers, which Martlet does not have
  co_return co_await get_layer_version(context, name->layer, name->version);
}

Task<ListLayersResponse> LambdaService::ListLayers(wire::Context& context, ListLayersRequest input) {
  const std::string after = decode_marker(input.marker);
  const std::size_t page = page_size(input.max_items);
  ListLayersResponse out = co_await with_.store.transact([&](store::Txn& txn) -> Task<ListLayersResponse> {
    ListLayersResponse found;
    auto& items = found.layers.emplace();
    for (const LayerRecord& record : co_await list_layers(txn, context.account, context.region, after)) {
      const LayerName layer{context.account, context.region, record.name};
      const auto versions = co_await list_layer_versions(txn, layer, 0, 0);
      const auto latest = std::ranges::find_if(
          versions, [&](const LayerVersionRecord& version) { return matches(version, input); });
      if (latest == versions.end()) continue;
      if (items.size() == page) {
        found.next_marker = encode_marker(*items.back().layer_name);
        break;
      }
      auto& item = items.emplace_back();
      item.layer_name = record.name;
      item.layer_arn = layer.arn(context.partition);
      describe_version(item.latest_matching_version.emplace(), *latest, layer, context.partition);
    }
    co_return found;
  });
  co_return out;
}

Task<ListLayerVersionsResponse> LambdaService::ListLayerVersions(wire::Context& context,
                                                                 ListLayerVersionsRequest input) {
  const LayerName layer = layer_name(context, input.layer_name);
  if (layer.account != context.account)
    throw layer_access_denied(context.caller.arn, layer.arn(context.partition));
  const std::string marker = decode_marker(input.marker);
  std::int64_t before = 0;
  std::from_chars(marker.data(), marker.data() + marker.size(), before);
  const auto versions =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<LayerVersionRecord>> {
        co_return co_await list_layer_versions(txn, layer, before, 0);
      });
  ListLayerVersionsResponse out;
  auto& items = out.layer_versions.emplace();
  for (const LayerVersionRecord& version : versions) {
    if (!matches(version, input)) continue;
    if (items.size() == page_size(input.max_items)) {
      out.next_marker = encode_marker(std::to_string(*items.back().version));
      break;
    }
    describe_version(items.emplace_back(), version, layer, context.partition);
  }
  co_return out;
}

Task<> LambdaService::DeleteLayerVersion(wire::Context& context, DeleteLayerVersionRequest input) {
  const LayerName layer = layer_name(context, input.layer_name);
  if (input.version_number < 1) throw layer_version_below_one();
  if (layer.account != context.account)
    throw layer_access_denied(context.caller.arn, layer.version_arn(context.partition, input.version_number));
  const auto erased =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<LayerVersionRecord>> {
        auto version = co_await load_layer_version(txn, layer, input.version_number);
        if (version) erase_layer_version(txn, layer, *version);
        policies_.change(txn);
        co_return version;
      });
  // A version that is not there is as good as deleted: AWS answers the same.
  if (erased) co_await release_code(erased->content);
}

}  // namespace martlet::lambda
