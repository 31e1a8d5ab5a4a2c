#include "services/lambda/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include "base/crypto.h"
#include "base/strings.h"
#include "services/lambda/errors.h"
#include "services/lambda/limits.h"

namespace martlet::lambda {

namespace {

/// Names that the platform sets itself (Lambda developer guide, "Defined runtime environment variables", reserved).
constexpr std::array kReservedVariables{
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
};

/// Runtimes that AWS lets nobody create functions with any more; their interpreters are long gone.
constexpr std::array kRetiredRuntimes{
    "nodejs",        "nodejs4.3",     "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x",
    "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1",  "python2.7",  "ruby2.5",
};

template <class Names>
bool is_one_of(std::string_view name, const Names& names) {
  return std::ranges::find(names, name) != names.end();
}

void check_environment(const std::map<std::string, std::string>& variables) {
  std::string reserved;
  std::string as_json = "{";
  for (const auto& [name, value] : variables) {
    if (is_one_of(name, kReservedVariables)) reserved += (reserved.empty() ? "" : ", ") + name;
    as_json += (as_json.size() > 1 ? "," : "") + quote_json(name) + ":" + quote_json(value);
  }
  as_json += "}";
  if (!reserved.empty())
    throw invalid_parameter(
        "Lambda was unable to configure your environment variables because the environment variables you have "
        "provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
        "this request: " +
        reserved);
  if (!variables.empty() && as_json.size() > kMaxEnvironmentBytes)
    throw invalid_parameter(
        "Lambda was unable to configure your environment variables because the environment variables you have "
        "provided exceeded the 4KB limit. String measured: " +
        as_json);
}

void check_timeout(std::int32_t seconds) {
  if (seconds > kMaxTimeoutSeconds)
    throw constraint_violation(std::to_string(seconds), "timeout",
                               fmt::format("Member must have value less than or equal to {}", kMaxTimeoutSeconds));
}

void check_memory(std::int32_t megabytes) {
  if (megabytes > kMaxMemoryMb)
    throw constraint_violation(std::to_string(megabytes), "memorySize",
                               fmt::format("Member must have value less than or equal to {}", kMaxMemoryMb));
}

void check_runtime(const std::string& runtime) {
  if (is_one_of(runtime, kRetiredRuntimes))
    throw invalid_parameter("The runtime parameter of " + runtime +
                            " is no longer supported for creating or updating AWS Lambda functions. We recommend you "
                            "use a supported runtime while creating or updating functions.");
}

/// Settings whose effect Martlet does not have must not look accepted.
template <class Request>
void refuse_what_is_not_built(const Request& input, const std::string& operation) {
  const auto refuse = [&](bool asked_for, const char* setting) {
    if (asked_for) throw feature_not_implemented(operation + " with " + setting);
  };
  refuse(input.Layers && !input.Layers->empty(), "Layers");
  refuse(input.VpcConfig && input.VpcConfig->SubnetIds && !input.VpcConfig->SubnetIds->empty(), "VpcConfig");
  refuse(input.DeadLetterConfig && input.DeadLetterConfig->TargetArn && !input.DeadLetterConfig->TargetArn->empty(),
         "DeadLetterConfig");
  refuse(input.KMSKeyArn && !input.KMSKeyArn->empty(), "KMSKeyArn");
  refuse(input.FileSystemConfigs && !input.FileSystemConfigs->empty(), "FileSystemConfigs");
  refuse(input.ImageConfig.has_value(), "ImageConfig");
  refuse(input.SnapStart && input.SnapStart->ApplyOn.value_or("None") != "None", "SnapStart");
  refuse(input.CapacityProviderConfig.has_value(), "CapacityProviderConfig");
  refuse(input.DurableConfig.has_value(), "DurableConfig");
}

/// The settings that creating and updating have in common.
template <class Request>
void apply_settings(FunctionRecord& function, const Request& input) {
  if (input.Runtime) {
    check_runtime(*input.Runtime);
    function.runtime = *input.Runtime;
  }
  if (input.Handler) function.handler = *input.Handler;
  if (input.Description) function.description = *input.Description;
  if (input.Timeout) {
    check_timeout(*input.Timeout);
    function.timeout_seconds = *input.Timeout;
  }
  if (input.MemorySize) {
    check_memory(*input.MemorySize);
    function.memory_mb = *input.MemorySize;
  }
  if (input.Environment && input.Environment->Variables) {
    check_environment(*input.Environment->Variables);
    function.variables = *input.Environment->Variables;
  }
  if (input.EphemeralStorage) function.ephemeral_storage_mb = input.EphemeralStorage->Size;
  if (input.TracingConfig && input.TracingConfig->Mode) function.tracing_mode = *input.TracingConfig->Mode;
  if (input.LoggingConfig) {
    if (input.LoggingConfig->LogFormat) function.log_format = *input.LoggingConfig->LogFormat;
    if (input.LoggingConfig->LogGroup) function.log_group = *input.LoggingConfig->LogGroup;
  }
}

/// "2026-01-31T12:34:56.789+0000", the form of LastModified.
std::string last_modified_text(std::int64_t epoch_ms) {
  const std::time_t seconds = epoch_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+0000", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, epoch_ms % 1000);
}

std::string base64_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return base64_encode(bytes);
}

}  // namespace

std::string architecture_of(const std::vector<std::string>& architectures) {
  if (architectures.size() != 1)
    throw constraint_violation(fmt::format("[{}]", fmt::join(architectures, ", ")), "architectures",
                               "Member must have length less than or equal to 1");
  return architectures.front();
}

FunctionRecord configure(const CreateFunctionRequest& input, const FunctionName& name) {
  refuse_what_is_not_built(input, "CreateFunction");
  if (input.PackageType.value_or("Zip") != "Zip") throw feature_not_implemented("CreateFunction with PackageType Image");
  if (input.CodeSigningConfigArn) throw feature_not_implemented("CreateFunction with CodeSigningConfigArn");
  if (input.TenancyConfig) throw feature_not_implemented("CreateFunction with TenancyConfig");
  if (input.Publish.value_or(false) || input.PublishTo) throw feature_not_implemented("CreateFunction with Publish");
  if (!input.Runtime || !input.Handler)
    throw invalid_parameter(
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  FunctionRecord function;
  function.name = name.name;
  function.role = input.Role;
  function.timeout_seconds = kDefaultTimeoutSeconds;
  function.memory_mb = kDefaultMemoryMb;
  function.ephemeral_storage_mb = kDefaultEphemeralStorageMb;
  function.architecture = input.Architectures ? architecture_of(*input.Architectures) : "x86_64";
  function.tracing_mode = "PassThrough";
  function.log_format = "Text";
  function.log_group = "/aws/lambda/" + name.name;
  apply_settings(function, input);
  if (input.Tags) function.tags = *input.Tags;
  return function;
}

void reconfigure(FunctionRecord& function, const UpdateFunctionConfigurationRequest& input) {
  refuse_what_is_not_built(input, "UpdateFunctionConfiguration");
  if (input.Role) function.role = *input.Role;
  apply_settings(function, input);
}

FunctionConfiguration describe(const FunctionRecord& function, const FunctionName& name, std::string_view partition) {
  FunctionConfiguration out;
  out.FunctionName = function.name;
  out.FunctionArn = name.qualified_arn(partition);
  out.Runtime = function.runtime;
  out.Role = function.role;
  out.Handler = function.handler;
  out.CodeSize = function.code_size;
  out.CodeSha256 = base64_of_hex(function.code_sha256_hex);
  out.Description = function.description;
  out.Timeout = function.timeout_seconds;
  out.MemorySize = function.memory_mb;
  out.LastModified = last_modified_text(function.last_modified_ms);
  out.Version = "$LATEST";
  if (!function.variables.empty()) out.Environment.emplace().Variables = function.variables;
  out.TracingConfig.emplace().Mode = function.tracing_mode;
  out.RevisionId = function.revision_id;
  out.State = "Active";
  out.LastUpdateStatus = "Successful";
  out.PackageType = "Zip";
  out.Architectures = std::vector<std::string>{function.architecture};
  out.EphemeralStorage.emplace().Size = function.ephemeral_storage_mb;
  auto& snap_start = out.SnapStart.emplace();
  snap_start.ApplyOn = "None";
  snap_start.OptimizationStatus = "Off";
  auto& logging = out.LoggingConfig.emplace();
  logging.LogFormat = function.log_format;
  logging.LogGroup = function.log_group;
  return out;
}

}  // namespace martlet::lambda
