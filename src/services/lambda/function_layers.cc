// How functions get their layers: the list of a request becomes references, and these one directory for /opt.

#include <algorithm>

#include "services/lambda/layers_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

LayerVersionName parse(const std::string& arn) {
  const auto name = parse_layer_version_arn(arn);
  if (!name) throw referenced_layer_not_found(arn);  // one of AWS's own layers
  return *name;
}

void check_list(const std::vector<std::string>& arns, const std::string& region) {
  if (arns.size() > kMaxLayers) throw too_many_layers();
  for (auto arn = arns.begin(); arn != arns.end(); ++arn) {
    const LayerVersionName name = parse(*arn);
    if (name.layer.region != region) throw layer_in_other_region(region);
    const auto same = std::find_if(arns.begin(), arn, [&](const std::string& earlier) {
      const LayerVersionName other = parse(earlier);
      return other.layer.account == name.layer.account && other.layer.name == name.layer.name;
    });
    if (same != arn) throw layer_twice(*same, *arn);
  }
}

}  // namespace

Task<std::vector<LayerUse>> LambdaService::resolve_layers(const wire::Context& context,
                                                          std::vector<std::string> arns) {
  check_list(arns, context.region);
  co_return co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<LayerUse>> {
    std::vector<LayerUse> found;
    for (const std::string& arn : arns) {
      const LayerVersionName name = parse(arn);
      const auto version = co_await load_layer_version(txn, name.layer, name.version);
      const bool own = name.layer.account == context.account;
      if (!own && !(version && version->policy &&
                    allows(*version->policy, "lambda:GetLayerVersion", context.account)))
        throw layer_access_denied(context.caller.arn, arn);
      if (!version) throw referenced_layer_not_found(arn);
      found.push_back({arn, version->content, version->unpacked_bytes});
    }
    co_return found;
  });
}

Task<> LambdaService::check_size_with_layers(std::shared_ptr<const CodeDirectory> code,
                                             std::vector<LayerUse> layers) {
  if (layers.empty()) co_return;  // the package alone was checked when it was unpacked
  std::uint64_t bytes = co_await with_.packages.size_of(code);
  for (const LayerUse& layer : layers) bytes += layer.unpacked_bytes;
  if (bytes > kMaxUnzippedBytes) throw code_with_layers_too_large(bytes);
}

Task<std::shared_ptr<const CodeDirectory>> LambdaService::open_layers(std::vector<LayerUse> layers) {
  if (layers.empty()) co_return nullptr;
  std::vector<std::shared_ptr<CodeDirectory>> directories;
  for (const LayerUse& layer : layers)
    directories.push_back(
        co_await with_.packages.open(layer.content.sha256, with_.blobs.path_of(layer.content)));
  co_return co_await with_.packages.merge(std::move(directories));
}

}  // namespace martlet::lambda
