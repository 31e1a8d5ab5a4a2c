#pragma once

// Event source mappings in the store:
//   ("lambda", "mapping", account, region, uuid)                                      MappingRecord
//   ("lambda", "mapping-of", account, region, source ARN, function, qualifier)        the uuid
// The second is there as long as the mapping is not being deleted: a function, version or alias has one
// mapping of a source. Everything happens inside the caller's transaction.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "store/store.h"

namespace martlet::lambda {

struct MappingRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string uuid;
  std::string partition = "aws";
  std::string account;
  std::string region;
  std::string event_source_arn;
  /// As it was named; the qualifier may be empty.
  std::string function;
  std::string qualifier;
  bool enabled = true;
  /// It is gone as soon as no batch is under way any more.
  bool is_being_deleted = false;
  std::int32_t batch_size = 10;
  std::int32_t maximum_batching_window_seconds = 0;
  /// FilterCriteria: the patterns, as they were given.
  std::vector<std::string> filters;
  std::string kms_key_arn;
  /// MetricsConfig.
  std::vector<std::string> metrics;
  std::vector<std::string> function_response_types;
  /// ScalingConfig.
  std::optional<std::int32_t> maximum_concurrency;
  /// ProvisionedPollerConfig: both or none.
  std::optional<std::int32_t> minimum_pollers;
  std::optional<std::int32_t> maximum_pollers;
  std::map<std::string, std::string> tags;
  std::int64_t last_modified_ms = 0;
  /// Counts its changes.
  std::uint64_t revision = 0;

  void fields(auto& field) {
    field(1, uuid);
    field(2, partition);
    field(3, account);
    field(4, region);
    field(5, event_source_arn);
    field(6, function);
    field(7, qualifier);
    field(8, enabled);
    field(9, is_being_deleted);
    field(10, batch_size);
    field(11, maximum_batching_window_seconds);
    field(12, filters);
    field(13, kms_key_arn);
    field(14, metrics);
    field(15, function_response_types);
    field(16, maximum_concurrency);
    field(17, minimum_pollers);
    field(18, maximum_pollers);
    field(19, tags);
    field(20, last_modified_ms);
    field(21, revision);
  }

  [[nodiscard]] FunctionName function_name() const { return {account, region, function, qualifier}; }
  [[nodiscard]] std::string arn() const {
    return "arn:" + partition + ":lambda:" + region + ":" + account + ":event-source-mapping:" + uuid;
  }
};

struct MappingId {
  std::string account;
  std::string region;
  std::string uuid;
};

Task<std::optional<MappingRecord>> load_mapping(store::Txn& txn, MappingId id);
/// `before` is what was stored until now.
void save_mapping(store::Txn& txn, const MappingRecord& mapping, const std::optional<MappingRecord>& before);
void erase_mapping(store::Txn& txn, const MappingRecord& mapping);

/// The uuid of the mapping that leads from that source to that function with that qualifier.
Task<std::optional<std::string>> find_mapping(store::Txn& txn, FunctionName function,
                                              std::string event_source_arn);

/// Mappings of an account and region in the order of their uuids, after `after` (empty: from the first).
Task<std::vector<MappingRecord>> list_mappings(store::Txn& txn, std::string account, std::string region,
                                               std::string after, std::size_t limit);
/// All there are.
Task<std::vector<MappingRecord>> list_all_mappings(store::Txn& txn);

}  // namespace martlet::lambda
