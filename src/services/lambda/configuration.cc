#include "services/lambda/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/arn.h"
#include "base/strings.h"
#include "services/lambda/environment_variables.h"
#include "services/lambda/errors.h"
#include "services/lambda/limits.h"
#include "services/lambda/tags.h"

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

/// Settings of kinds of functions that Martlet does not have must not look accepted.
template <class Request>
void refuse_what_is_not_built(const Request& input, const std::string& operation) {
  if (input.capacity_provider_config)
    throw feature_not_implemented(operation + " with CapacityProviderConfig");
  if (input.durable_config) throw feature_not_implemented(operation + " with DurableConfig");
}

std::string service_of(const std::string& arn) { return Arn::parse(arn).value_or(Arn{}).service; }

void apply_logging(FunctionRecord& function, const LoggingConfig& logging) {
  if (logging.log_format) function.log_format = *logging.log_format;
  if (logging.log_group) function.log_group = *logging.log_group;
  if (function.log_format != "JSON") {
    if (logging.application_log_level || logging.system_log_level)
      throw invalid_parameter(
          "ApplicationLogLevel and SystemLogLevel are supported for functions whose LogFormat is JSON only.");
    function.application_log_level.clear();
    function.system_log_level.clear();
    return;
  }
  const auto level = [](std::string& kept, const std::optional<std::string>& asked) {
    if (asked) kept = *asked;
    if (kept.empty()) kept = "INFO";
  };
  level(function.application_log_level, logging.application_log_level);
  level(function.system_log_level, logging.system_log_level);
}

void apply_vpc(FunctionRecord& function, const VpcConfig& vpc) {
  VpcSettings& settings = function.vpc ? *function.vpc : function.vpc.emplace();
  if (vpc.subnet_ids) settings.subnet_ids = *vpc.subnet_ids;
  if (vpc.security_group_ids) settings.security_group_ids = *vpc.security_group_ids;
  if (vpc.ipv6_allowed_for_dual_stack)
    settings.ipv6_allowed_for_dual_stack = *vpc.ipv6_allowed_for_dual_stack;
  if (settings.subnet_ids.empty() != settings.security_group_ids.empty())
    throw invalid_parameter("SubnetIds and SecurityIds must coexist or be both empty list.");
}

void apply_dead_letter_queue(FunctionRecord& function, const DeadLetterConfig& config) {
  const std::string arn = config.target_arn.value_or("");
  const std::string service = service_of(arn);
  if (!arn.empty() && service != "sqs" && service != "sns")
    throw invalid_parameter("The dead letter target " + arn + " is neither an SQS queue nor an SNS topic.");
  function.dead_letter_target_arn = arn;
}

void apply_image_overrides(FunctionRecord& function, const ImageConfig& config) {
  ImageOverrides overrides;
  overrides.entry_point = config.entry_point.value_or(std::vector<std::string>{});
  overrides.command = config.command.value_or(std::vector<std::string>{});
  overrides.working_directory = config.working_directory.value_or("");
  const bool any =
      !overrides.entry_point.empty() || !overrides.command.empty() || !overrides.working_directory.empty();
  function.image_overrides = any ? std::optional(std::move(overrides)) : std::nullopt;
}

/// The settings that only some functions have a use for.
template <class Request>
void apply_special_settings(FunctionRecord& function, const Request& input) {
  if (input.logging_config) apply_logging(function, *input.logging_config);
  if (input.vpc_config) apply_vpc(function, *input.vpc_config);
  if (input.dead_letter_config) apply_dead_letter_queue(function, *input.dead_letter_config);
  if (input.kms_key_arn) function.kms_key_arn = *input.kms_key_arn;
  if (input.file_system_configs) {
    function.file_systems.clear();
    for (const FileSystemConfig& config : *input.file_system_configs)
      function.file_systems.push_back({config.arn, config.local_mount_path});
  }
  if (input.image_config) apply_image_overrides(function, *input.image_config);
  if (input.snap_start && input.snap_start->apply_on)
    function.snap_start_apply_on = *input.snap_start->apply_on;
}

/// Runtimes of which Lambda takes snapshots (developer guide, "Improving startup performance with
/// SnapStart").
bool has_snap_start(const std::string& runtime) {
  constexpr std::array kWithout{"java8",     "java8.al2",  "python3.6",  "python3.7",     "python3.8",
                                "python3.9", "python3.10", "python3.11", "dotnetcore3.1", "dotnet6"};
  const bool language =
      runtime.starts_with("java") || runtime.starts_with("python") || runtime.starts_with("dotnet");
  return language && !is_one_of(runtime, kWithout);
}

/// What one setting alone does not show.
void check_together(const FunctionRecord& function) {
  const bool in_vpc = function.vpc && !function.vpc->subnet_ids.empty();
  if (!function.file_systems.empty() && !in_vpc)
    throw invalid_parameter("Function must be configured to execute in a VPC to reference access point " +
                            function.file_systems.front().arn + ".");
  if (function.snap_start_apply_on == "None") return;
  if (function.package_type != "Zip" || !has_snap_start(function.runtime))
    throw invalid_parameter(function.runtime + " is not supported for SnapStart enabled functions.");
  if (function.isolates_tenants())
    throw invalid_parameter("SnapStart is not supported for functions with tenant isolation enabled.");
  if (!function.file_systems.empty())
    throw invalid_parameter("File systems are not supported for SnapStart enabled functions.");
  if (function.ephemeral_storage_mb > kDefaultEphemeralStorageMb)
    throw invalid_parameter(
        fmt::format("SnapStart enabled functions are not supported with ephemeral storage above {} MB.",
                    kDefaultEphemeralStorageMb));
}

/// The settings that creating and updating have in common.
template <class Request>
void apply_settings(FunctionRecord& function, const Request& input, const FunctionName& name,
                    const SecretBox& secrets) {
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
    seal_variables(function, *input.environment->variables, name, secrets);
  }
  if (input.ephemeral_storage) function.ephemeral_storage_mb = input.ephemeral_storage->size;
  if (input.tracing_config && input.tracing_config->mode) function.tracing_mode = *input.tracing_config->mode;
  apply_special_settings(function, input);
  check_together(function);
}

void set_defaults(FunctionRecord& function) {
  function.timeout_seconds = kDefaultTimeoutSeconds;
  function.memory_mb = kDefaultMemoryMb;
  function.ephemeral_storage_mb = kDefaultEphemeralStorageMb;
  function.architecture = "x86_64";
  function.tracing_mode = "PassThrough";
  function.log_format = "Text";
  function.log_group = "/aws/lambda/" + function.name;
}

/// What a package brings itself need not be said, and the other way round.
void check_package_type(const CreateFunctionRequest& input) {
  const bool image = input.package_type == "Image";
  if (!image && (!input.runtime || !input.handler))
    throw invalid_parameter(
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  if (!image && input.image_config)
    throw invalid_parameter("ImageConfig is supported for functions created with container images only.");
  if (image && (input.runtime || input.handler || (input.layers && !input.layers->empty())))
    throw invalid_parameter(
        "Runtime, Handler and Layers are not supported for functions created with container images.");
}

}  // namespace

std::string architecture_of(const std::vector<std::string>& architectures) {
  if (architectures.size() != 1)
    throw constraint_violation(fmt::format("[{}]", fmt::join(architectures, ", ")), "architectures",
                               "Member must have length less than or equal to 1");
  return architectures.front();
}

FunctionRecord configure(const CreateFunctionRequest& input, const FunctionName& name,
                         const SecretBox& secrets) {
  refuse_what_is_not_built(input, "CreateFunction");
  if (input.publish_to) throw feature_not_implemented("CreateFunction with PublishTo");
  check_package_type(input);
  FunctionRecord function;
  function.name = name.name;
  function.role = input.role;
  function.package_type = input.package_type.value_or("Zip");
  set_defaults(function);
  if (input.architectures) function.architecture = architecture_of(*input.architectures);
  if (input.tenancy_config) function.tenant_isolation_mode = input.tenancy_config->tenant_isolation_mode;
  apply_settings(function, input, name, secrets);
  if (input.code.source_kms_key_arn) function.source_kms_key_arn = *input.code.source_kms_key_arn;
  if (input.tags) add_tags(function.tags, *input.tags);
  return function;
}

void reconfigure(FunctionRecord& function, const UpdateFunctionConfigurationRequest& input,
                 const FunctionName& name, const SecretBox& secrets) {
  refuse_what_is_not_built(input, "UpdateFunctionConfiguration");
  if (input.role) function.role = *input.role;
  apply_settings(function, input, name, secrets);
}

}  // namespace martlet::lambda
