#pragma once

// What the Lambda service stores. The keys are spelled in the …_store.cc files, nowhere else. (The numbers of
// a record's fields are never used again: see store/record.h.)

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/image_use.h"
#include "services/lambda/layer_use.h"
#include "store/blobs.h"

namespace martlet::lambda {

struct VpcSettings {
  std::vector<std::string> subnet_ids;
  std::vector<std::string> security_group_ids;
  bool ipv6_allowed_for_dual_stack = false;

  void fields(auto& field) {
    field(1, subnet_ids);
    field(2, security_group_ids);
    field(3, ipv6_allowed_for_dual_stack);
  }
};

struct FileSystem {
  std::string arn;
  std::string local_mount_path;

  void fields(auto& field) {
    field(1, arn);
    field(2, local_mount_path);
  }
};

/// ImageConfig: what a request puts over the image's own settings.
struct ImageOverrides {
  std::vector<std::string> entry_point;
  std::vector<std::string> command;
  std::string working_directory;

  void fields(auto& field) {
    field(1, entry_point);
    field(2, command);
    field(3, working_directory);
  }
};

/// What became of the snapshot of a version with SnapStart.
enum class Snapshot : std::uint8_t { kNone, kPending, kReady, kFailed };

/// One version of a function, code and configuration: $LATEST, or a published one, which never changes.
struct FunctionRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string name;
  std::string runtime;
  std::string handler;
  std::string role;
  std::string description;
  std::int32_t timeout_seconds = 0;
  std::int32_t memory_mb = 0;
  std::int32_t ephemeral_storage_mb = 0;
  /// As earlier versions stored them; see environment_variables.h.
  std::map<std::string, std::string> open_variables;
  /// "x86_64" or "arm64".
  std::string architecture;
  /// "PassThrough" or "Active".
  std::string tracing_mode;
  /// "Text" or "JSON".
  std::string log_format;
  std::string log_group;
  /// The zip file. Its SHA-256 also names the directory it is unpacked into.
  store::BlobRef code;
  std::int64_t last_modified_ms = 0;
  std::string revision_id;
  /// The function's, kept with $LATEST.
  std::map<std::string, std::string> tags;
  /// "$LATEST" or a number from 1.
  std::string version = "$LATEST";
  std::vector<LayerUse> layers;
  /// Absent until a request names it.
  std::optional<VpcSettings> vpc;
  std::string dead_letter_target_arn;
  std::string kms_key_arn;
  std::vector<FileSystem> file_systems;
  /// "Zip" or "Image".
  std::string package_type = "Zip";
  std::optional<ImageOverrides> image_overrides;
  /// "None" or "PublishedVersions".
  std::string snap_start_apply_on = "None";
  Snapshot snapshot = Snapshot::kNone;
  /// With Snapshot::kFailed: why.
  std::string snapshot_failure;
  /// Only with log format JSON; empty otherwise.
  std::string application_log_level;
  std::string system_log_level;
  /// "PER_TENANT", or empty.
  std::string tenant_isolation_mode;
  /// Of a published version: content_digest() of what $LATEST was then.
  std::string published_digest;
  std::string source_kms_key_arn;
  /// With package type "Image"; `code` is empty then.
  std::optional<ImageUse> image;
  /// The environment's variables; see environment_variables.h.
  std::string sealed_variables;

  void fields(auto& field) {
    field(1, name);
    field(2, runtime);
    field(3, handler);
    field(4, role);
    field(5, description);
    field(6, timeout_seconds);
    field(7, memory_mb);
    field(8, ephemeral_storage_mb);
    field(9, open_variables);
    field(10, architecture);
    field(11, tracing_mode);
    field(12, log_format);
    field(13, log_group);
    field(14, code);
    field(15, last_modified_ms);
    field(16, revision_id);
    field(17, tags);
    field(18, version);
    field(19, layers);
    field(20, vpc);
    field(21, dead_letter_target_arn);
    field(22, kms_key_arn);
    field(23, file_systems);
    field(24, package_type);
    field(25, image_overrides);
    field(26, snap_start_apply_on);
    field(27, snapshot);
    field(28, snapshot_failure);
    field(29, application_log_level);
    field(30, system_log_level);
    field(31, tenant_isolation_mode);
    field(32, published_digest);
    field(33, source_kms_key_arn);
    field(40, image);
    field(41, sealed_variables);
  }

  [[nodiscard]] bool is_latest() const { return version == "$LATEST"; }
  [[nodiscard]] bool isolates_tenants() const { return !tenant_isolation_mode.empty(); }
};

/// A name for a version, or for two that share the invocations.
struct AliasRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string name;
  /// "$LATEST" or a number.
  std::string version;
  std::string description;
  /// The second version and the part of the invocations, 0 to 1, that it gets; empty when there is none.
  std::string second_version;
  double second_weight = 0;
  std::string revision_id;

  void fields(auto& field) {
    field(1, name);
    field(2, version);
    field(3, description);
    field(4, second_version);
    field(5, second_weight);
    field(6, revision_id);
  }
};

/// Reserved concurrency of a function.
struct ConcurrencyRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::uint32_t reserved = 0;

  void fields(auto& field) { field(1, reserved); }
};

/// Provisioned concurrency of a published version or an alias.
struct ProvisionedRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::uint32_t requested = 0;
  std::int64_t last_modified_ms = 0;

  void fields(auto& field) {
    field(1, requested);
    field(2, last_modified_ms);
  }
};

/// What becomes of asynchronous invocations of a version or alias.
struct EventInvokeRecord {
  static constexpr std::uint32_t kVersion = 1;

  /// 0 to 2; the default when absent.
  std::optional<std::int32_t> maximum_retry_attempts;
  /// 60 to 21600; the default when absent.
  std::optional<std::int32_t> maximum_event_age_seconds;
  /// ARNs; empty: none.
  std::string on_success;
  std::string on_failure;
  std::int64_t last_modified_ms = 0;

  void fields(auto& field) {
    field(1, maximum_retry_attempts);
    field(2, maximum_event_age_seconds);
    field(3, on_success);
    field(4, on_failure);
    field(5, last_modified_ms);
  }
};

}  // namespace martlet::lambda
