// How a version of a function looks in an answer.

#include "base/crypto.h"
#include "base/error.h"
#include "services/lambda/answers.h"
#include "services/lambda/configuration.h"
#include "services/lambda/environment_variables.h"

namespace martlet::lambda {

namespace {

/// There are no VPCs here: all subnets of an account and region belong to one whose id is made from these.
std::string vpc_id(const FunctionName& name) {
  return "vpc-" + to_hex(as_view(sha256(name.account + name.region))).substr(0, 17);
}

void describe_vpc(FunctionConfiguration& out, const FunctionRecord& function, const FunctionName& name) {
  if (!function.vpc) return;
  auto& vpc = out.vpc_config.emplace();
  vpc.subnet_ids = function.vpc->subnet_ids;
  vpc.security_group_ids = function.vpc->security_group_ids;
  vpc.vpc_id = function.vpc->subnet_ids.empty() ? "" : vpc_id(name);
  vpc.ipv6_allowed_for_dual_stack = function.vpc->ipv6_allowed_for_dual_stack;
}

void describe_image_overrides(FunctionConfiguration& out, const FunctionRecord& function) {
  if (!function.image_overrides) return;
  const ImageOverrides& overrides = *function.image_overrides;
  auto& config = out.image_config_response.emplace().image_config.emplace();
  if (!overrides.entry_point.empty()) config.entry_point = overrides.entry_point;
  if (!overrides.command.empty()) config.command = overrides.command;
  if (!overrides.working_directory.empty()) config.working_directory = overrides.working_directory;
}

void describe_logging(FunctionConfiguration& out, const FunctionRecord& function) {
  auto& logging = out.logging_config.emplace();
  logging.log_format = function.log_format;
  logging.log_group = function.log_group;
  if (!function.application_log_level.empty()) logging.application_log_level = function.application_log_level;
  if (!function.system_log_level.empty()) logging.system_log_level = function.system_log_level;
}

/// A version with SnapStart is not there before its snapshot is.
void describe_state(FunctionConfiguration& out, const FunctionRecord& function) {
  auto& snap_start = out.snap_start.emplace();
  snap_start.apply_on = function.snap_start_apply_on;
  snap_start.optimization_status = function.snapshot == Snapshot::kReady ? "On" : "Off";
  out.state = "Active";
  out.last_update_status = "Successful";
  if (function.snapshot == Snapshot::kPending) {
    out.state = "Pending";
    out.state_reason = "The function is being created.";
    out.state_reason_code = "Creating";
  } else if (function.snapshot == Snapshot::kFailed) {
    out.state = "Failed";
    out.state_reason = function.snapshot_failure;
    out.state_reason_code = "FunctionError";
  }
}

void describe_environment(FunctionConfiguration& out, const FunctionRecord& function,
                          const FunctionName& name, const SecretBox& secrets) {
  try {
    Variables variables = open_variables(function, name, secrets);
    if (!variables.empty()) out.environment.emplace().variables = std::move(variables);
  } catch (const aws::Error& unreadable) {
    auto& error = out.environment.emplace().error.emplace();
    error.error_code = unreadable.code();
    error.message = unreadable.message();
  }
}

/// Members that are absent unless they were set.
void describe_special_settings(FunctionConfiguration& out, const FunctionRecord& function) {
  if (!function.dead_letter_target_arn.empty())
    out.dead_letter_config.emplace().target_arn = function.dead_letter_target_arn;
  if (!function.kms_key_arn.empty()) out.kms_key_arn = function.kms_key_arn;
  if (!function.tenant_isolation_mode.empty())
    out.tenancy_config.emplace().tenant_isolation_mode = function.tenant_isolation_mode;
  for (const LayerUse& use : function.layers) {
    if (!out.layers) out.layers.emplace();
    Layer& layer = out.layers->emplace_back();
    layer.arn = use.arn;
    layer.code_size = static_cast<std::int64_t>(use.content.size);
  }
  for (const FileSystem& file_system : function.file_systems) {
    if (!out.file_system_configs) out.file_system_configs.emplace();
    FileSystemConfig& config = out.file_system_configs->emplace_back();
    config.arn = file_system.arn;
    config.local_mount_path = file_system.local_mount_path;
  }
}

}  // namespace

std::string runtime_version_arn(const std::string& runtime, const std::string& region,
                                std::string_view partition) {
  return "arn:" + std::string(partition) + ":lambda:" + region +
         "::runtime:" + to_hex(as_view(sha256(runtime)));
}

FunctionConfiguration describe(const FunctionRecord& function, const FunctionName& name,
                               std::string_view partition, const SecretBox& secrets) {
  FunctionConfiguration out;
  out.function_name = function.name;
  out.function_arn = name.qualified_arn(partition);
  if (function.package_type == "Zip") {
    out.runtime = function.runtime;
    out.handler = function.handler;
    out.runtime_version_config.emplace().runtime_version_arn =
        runtime_version_arn(function.runtime, name.region, partition);
  }
  out.role = function.role;
  out.code_size = static_cast<std::int64_t>(function.code.size);
  out.code_sha256 = function.image ? function.image->sha256 : base64_of_hex(function.code.sha256);
  out.description = function.description;
  out.timeout = function.timeout_seconds;
  out.memory_size = function.memory_mb;
  out.last_modified = date_text(function.last_modified_ms);
  out.version = function.version;
  out.tracing_config.emplace().mode = function.tracing_mode;
  out.revision_id = function.revision_id;
  out.package_type = function.package_type;
  out.architectures = std::vector<std::string>{function.architecture};
  out.ephemeral_storage.emplace().size = function.ephemeral_storage_mb;
  describe_state(out, function);
  describe_vpc(out, function, name);
  describe_image_overrides(out, function);
  describe_logging(out, function);
  describe_environment(out, function, name, secrets);
  describe_special_settings(out, function);
  return out;
}

FunctionConfiguration describe_in_list(const FunctionRecord& function, const FunctionName& name,
                                       std::string_view partition, const SecretBox& secrets) {
  FunctionConfiguration out = describe(function, name, partition, secrets);
  out.state.reset();
  out.state_reason.reset();
  out.state_reason_code.reset();
  out.last_update_status.reset();
  out.runtime_version_config.reset();
  return out;
}

}  // namespace martlet::lambda
