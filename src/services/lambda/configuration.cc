#include "services/lambda/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/strings.h"
#include "services/lambda/answers.h"
#include "services/lambda/errors.h"
#include "services/lambda/limits.h"

namespace martlet::lambda {

namespace {

/// Names that the platform sets itself (Lambda developer guide, "Defined runtime environment variables",
/// reserved).
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
        "Lambda was unable to configure your environment variables because the environment variables you "
        "have "
        "provided contains reserved keys that are currently not supported for modification. Reserved keys "
        "used in "
        "this request: " +
        reserved);
  if (!variables.empty() && as_json.size() > kMaxEnvironmentBytes)
    throw invalid_parameter(
        "Lambda was unable to configure your environment variables because the environment variables you "
        "have "
        "provided exceeded the 4KB limit. String measured: " +
        as_json);
}

void check_timeout(std::int32_t seconds) {
  if (seconds > kMaxTimeoutSeconds)
    throw constraint_violation(
        std::to_string(seconds), "timeout",
        fmt::format("Member must have value less than or equal to {}", kMaxTimeoutSeconds));
}

void check_memory(std::int32_t megabytes) {
  if (megabytes > kMaxMemoryMb)
    throw constraint_violation(std::to_string(megabytes), "memorySize",
                               fmt::format("Member must have value less than or equal to {}", kMaxMemoryMb));
}

void check_runtime(const std::string& runtime) {
  if (is_one_of(runtime, kRetiredRuntimes))
    throw invalid_parameter(
        "The runtime parameter of " + runtime +
        " is no longer supported for creating or updating AWS Lambda functions. We recommend you "
        "use a supported runtime while creating or updating functions.");
}

/// Settings whose effect Martlet does not have must not look accepted.
template <class Request>
void refuse_what_is_not_built(const Request& input, const std::string& operation) {
  const auto refuse = [&](bool asked_for, const char* setting) {
    if (asked_for) throw feature_not_implemented(operation + " with " + setting);
  };
  refuse(input.layers && !input.layers->empty(), "Layers");
  refuse(input.vpc_config && input.vpc_config->subnet_ids && !input.vpc_config->subnet_ids->empty(),
         "VpcConfig");
  refuse(input.dead_letter_config && input.dead_letter_config->target_arn &&
             !input.dead_letter_config->target_arn->empty(),
         "DeadLetterConfig");
  refuse(input.kms_key_arn && !input.kms_key_arn->empty(), "KMSKeyArn");
  refuse(input.file_system_configs && !input.file_system_configs->empty(), "FileSystemConfigs");
  refuse(input.image_config.has_value(), "ImageConfig");
  refuse(input.snap_start && input.snap_start->apply_on.value_or("None") != "None", "SnapStart");
  refuse(input.capacity_provider_config.has_value(), "CapacityProviderConfig");
  refuse(input.durable_config.has_value(), "DurableConfig");
  refuse(input.logging_config && input.logging_config->log_format.value_or("Text") != "Text",
         "LogFormat JSON");
}

/// The settings that creating and updating have in common.
template <class Request>
void apply_settings(FunctionRecord& function, const Request& input) {
  if (input.runtime) {
    check_runtime(*input.runtime);
    function.runtime = *input.runtime;
  }
  if (input.handler) function.handler = *input.handler;
  if (input.description) function.description = *input.description;
  if (input.timeout) {
    check_timeout(*input.timeout);
    function.timeout_seconds = *input.timeout;
  }
  if (input.memory_size) {
    check_memory(*input.memory_size);
    function.memory_mb = *input.memory_size;
  }
  if (input.environment && input.environment->variables) {
    check_environment(*input.environment->variables);
    function.variables = *input.environment->variables;
  }
  if (input.ephemeral_storage) function.ephemeral_storage_mb = input.ephemeral_storage->size;
  if (input.tracing_config && input.tracing_config->mode) function.tracing_mode = *input.tracing_config->mode;
  if (input.logging_config) {
    if (input.logging_config->log_format) function.log_format = *input.logging_config->log_format;
    if (input.logging_config->log_group) function.log_group = *input.logging_config->log_group;
  }
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
  if (input.package_type.value_or("Zip") != "Zip")
    throw feature_not_implemented("CreateFunction with PackageType Image");
  if (input.code_signing_config_arn)
    throw feature_not_implemented("CreateFunction with CodeSigningConfigArn");
  if (input.tenancy_config) throw feature_not_implemented("CreateFunction with TenancyConfig");
  if (input.publish.value_or(false) || input.publish_to)
    throw feature_not_implemented("CreateFunction with Publish");
  if (!input.runtime || !input.handler)
    throw invalid_parameter(
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  FunctionRecord function;
  function.name = name.name;
  function.role = input.role;
  function.timeout_seconds = kDefaultTimeoutSeconds;
  function.memory_mb = kDefaultMemoryMb;
  function.ephemeral_storage_mb = kDefaultEphemeralStorageMb;
  function.architecture = input.architectures ? architecture_of(*input.architectures) : "x86_64";
  function.tracing_mode = "PassThrough";
  function.log_format = "Text";
  function.log_group = "/aws/lambda/" + name.name;
  apply_settings(function, input);
  if (input.tags) function.tags = *input.tags;
  return function;
}

void reconfigure(FunctionRecord& function, const UpdateFunctionConfigurationRequest& input) {
  refuse_what_is_not_built(input, "UpdateFunctionConfiguration");
  if (input.role) function.role = *input.role;
  apply_settings(function, input);
}

FunctionConfiguration describe(const FunctionRecord& function, const FunctionName& name,
                               std::string_view partition) {
  FunctionConfiguration out;
  out.function_name = function.name;
  out.function_arn = name.qualified_arn(partition);
  out.runtime = function.runtime;
  out.role = function.role;
  out.handler = function.handler;
  out.code_size = static_cast<std::int64_t>(function.code.size);
  out.code_sha256 = base64_of_hex(function.code.sha256);
  out.description = function.description;
  out.timeout = function.timeout_seconds;
  out.memory_size = function.memory_mb;
  out.last_modified = date_text(function.last_modified_ms);
  out.version = "$LATEST";
  if (!function.variables.empty()) out.environment.emplace().variables = function.variables;
  out.tracing_config.emplace().mode = function.tracing_mode;
  out.revision_id = function.revision_id;
  out.state = "Active";
  out.last_update_status = "Successful";
  out.package_type = "Zip";
  out.architectures = std::vector<std::string>{function.architecture};
  out.ephemeral_storage.emplace().size = function.ephemeral_storage_mb;
  auto& snap_start = out.snap_start.emplace();
  snap_start.apply_on = "None";
  snap_start.optimization_status = "Off";
  auto& logging = out.logging_config.emplace();
  logging.log_format = function.log_format;
  logging.log_group = function.log_group;
  return out;
}

}  // namespace martlet::lambda
