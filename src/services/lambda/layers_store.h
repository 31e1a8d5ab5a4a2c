#pragma once

// Layers in the store:
//   ("lambda", "layer", account, region, name)                    LayerRecord
//   ("lambda", "layer-version", account, region, name, version)   LayerVersionRecord
//   ("lambda", "package", sha256, account, region, "layer:name:version")   empty: this layer version uses
//                                                                          that package
// Everything happens inside the caller's transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "services/lambda/resource_policy.h"
#include "store/blobs.h"
#include "store/store.h"
#include "wire/context.h"

namespace martlet::lambda {

struct LayerName {
  std::string account;
  std::string region;
  std::string name;

  [[nodiscard]] std::string arn(std::string_view partition) const;
  [[nodiscard]] std::string version_arn(std::string_view partition, std::int64_t version) const;
};

/// A layer by its name in the caller's account and region, or by its ARN.
LayerName layer_name(const wire::Context& context, std::string_view text);

struct LayerVersionName {
  LayerName layer;
  std::int64_t version = 0;
};

/// nullopt when the text is no ARN of a layer version.
std::optional<LayerVersionName> parse_layer_version_arn(std::string_view arn);

struct LayerRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string name;
  /// Numbers are never given twice, not even after a version was deleted.
  std::int64_t last_version = 0;

  void fields(auto& field) {
    field(1, name);
    field(2, last_version);
  }
};

struct LayerVersionRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::int64_t version = 0;
  std::string description;
  std::string license_info;
  std::vector<std::string> architectures;
  std::vector<std::string> runtimes;
  std::int64_t created_ms = 0;
  store::BlobRef content;
  /// Of all files, unpacked.
  std::uint64_t unpacked_bytes = 0;
  /// Who else may use it; nullopt as long as nobody was ever let in.
  std::optional<ResourcePolicy> policy;

  void fields(auto& field) {
    field(1, version);
    field(2, description);
    field(3, license_info);
    field(4, architectures);
    field(5, runtimes);
    field(6, created_ms);
    field(7, content);
    field(8, unpacked_bytes);
    field(9, policy);
  }
};

Task<std::optional<LayerVersionRecord>> load_layer_version(store::Txn& txn, LayerName layer,
                                                           std::int64_t version);
/// The number that the layer's next version gets; it counts as given with this call.
Task<std::int64_t> take_layer_version_number(store::Txn& txn, LayerName layer);
/// Keeps the package index in step.
void save_layer_version(store::Txn& txn, const LayerName& layer, const LayerVersionRecord& version);
void erase_layer_version(store::Txn& txn, const LayerName& layer, const LayerVersionRecord& version);

/// Versions, newest first, below `before` (0: from the newest); 0 for `limit` means all.
Task<std::vector<LayerVersionRecord>> list_layer_versions(store::Txn& txn, LayerName layer,
                                                          std::int64_t before, std::size_t limit);
/// Layers of an account and region by name, after `after`, those without versions included.
Task<std::vector<LayerRecord>> list_layers(store::Txn& txn, std::string account, std::string region,
                                           std::string after);
/// Bytes of all layer versions of an account and region, zipped.
Task<std::uint64_t> layer_bytes(store::Txn& txn, std::string account, std::string region);

}  // namespace martlet::lambda
