#include "environments/policy.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>

namespace martlet::environments {

namespace {

bool is_program(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
}

/// The program of a `provided` runtime, as a path inside.
std::optional<std::string> bootstrap_of(const Spec& spec) {
  if (is_program(spec.code_directory + "/bootstrap")) return "/var/task/bootstrap";
  if (!spec.opt_directory.empty() && is_program(spec.opt_directory + "/bootstrap")) return "/opt/bootstrap";
  return std::nullopt;
}

/// The program of an image: a name without a slash is looked for in its PATH, as a shell would.
std::optional<std::string> find_program(const Image& image, const std::string& name,
                                        const std::string& path) {
  if (name.find('/') != std::string::npos) return name;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string inside = path.substr(begin, end - begin) + "/" + name;
    struct stat status{};
    // A link may lead to an absolute path inside, which looks broken from here: that it is there is enough.
    if (inside.front() == '/' && ::lstat((image.directory + inside).c_str(), &status) == 0 &&
        !S_ISDIR(status.st_mode))
      return inside;
    begin = end + 1;
  }
  return std::nullopt;
}

const char* name_of(InitializationType type) {
  switch (type) {
    case InitializationType::kProvisionedConcurrency:
      return "provisioned-concurrency";
    case InitializationType::kSnapStart:
      return "snap-start";
    case InitializationType::kOnDemand:
      break;
  }
  return "on-demand";
}

}  // namespace

double cpus_for(std::uint32_t memory_mb) { return static_cast<double>(memory_mb) / 1769; }

Variables variables_before_function(const Runtime& runtime, const Ports& ports) {
  Variables variables{
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"},
      {"LD_LIBRARY_PATH", "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"},
      {"LANG", "en_US.UTF-8"},
      {"TZ", ":UTC"},
      {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
      {"AWS_ENDPOINT_URL", "http://127.0.0.1:" + std::to_string(ports.endpoint)},
      {"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:" + std::to_string(ports.runtime_api)},
  };
  for (const auto& [name, value] : runtime.variables) variables[name] = value;
  return variables;
}

Variables variables_for(const Spec& spec, const Runtime& runtime, const Ports& ports,
                        const std::string& log_stream, const Variables& credentials,
                        InitializationType type) {
  Variables variables = variables_before_function(runtime, ports);
  if (spec.image) {
    variables.erase("LD_LIBRARY_PATH");  // an image knows where its libraries are
    for (const auto& [name, value] : spec.image->variables) variables[name] = value;
  }
  // A function may replace what is above, but not what is below: those names are reserved.
  for (const auto* source : {&spec.variables, &credentials})
    for (const auto& [name, value] : *source) variables[name] = value;
  if (runtime.language != Language::kProvided) variables["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + spec.runtime;
  variables["_HANDLER"] = spec.handler;
  // Images made on AWS's base images take their handler from the command.
  if (spec.image && !spec.image->command.empty()) variables["_HANDLER"] = spec.image->command.front();
  variables["LAMBDA_TASK_ROOT"] = "/var/task";
  variables["LAMBDA_RUNTIME_DIR"] = "/var/runtime";
  variables["AWS_REGION"] = spec.region;
  variables["AWS_DEFAULT_REGION"] = spec.region;
  variables["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:" + std::to_string(ports.runtime_api);
  variables["AWS_LAMBDA_FUNCTION_NAME"] = spec.function_name;
  variables["AWS_LAMBDA_FUNCTION_VERSION"] = spec.version;
  variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = std::to_string(spec.memory_mb);
  variables["AWS_LAMBDA_LOG_GROUP_NAME"] = spec.log_group;
  variables["AWS_LAMBDA_LOG_STREAM_NAME"] = log_stream;
  const bool is_json = spec.logging.format == Logging::Format::kJson;
  variables["AWS_LAMBDA_LOG_FORMAT"] = is_json ? "JSON" : "Text";
  // Without JSON there is no filtering, and a function may use this name for itself.
  if (is_json) variables["AWS_LAMBDA_LOG_LEVEL"] = spec.logging.application_level;
  variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = name_of(type);
  return variables;
}

namespace {

/// A function of a runtime with a zip file. Returns what is missing.
std::optional<std::string> add_runtime_and_code(sandbox::Policy& policy, const Spec& spec,
                                                const Runtime& runtime) {
  policy.command = runtime.command_for(spec.memory_mb);
  if (policy.command.empty()) {
    const auto bootstrap = bootstrap_of(spec);
    if (!bootstrap) return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
    policy.command = {*bootstrap};
  }
  policy.working_directory = "/var/task";
  policy.binds = runtime.binds;
  policy.binds.push_back({.source = spec.code_directory, .target = "/var/task"});
  if (!spec.opt_directory.empty()) policy.binds.push_back({.source = spec.opt_directory, .target = "/opt"});
  return std::nullopt;
}

/// A function that is a container image: its root file system in place of the host's. Returns what is
/// missing.
std::optional<std::string> add_image(sandbox::Policy& policy, const Image& image) {
  policy.root = image.directory;
  policy.command = image.entry_point;
  policy.command.insert(policy.command.end(), image.command.begin(), image.command.end());
  if (policy.command.empty()) return "The image has neither an ENTRYPOINT nor a CMD";
  const auto program = find_program(image, policy.command.front(), policy.environment["PATH"]);
  if (!program) return "exec: \"" + policy.command.front() + "\": executable file not found in $PATH";
  policy.command.front() = *program;
  policy.working_directory = image.working_directory.empty() ? "/" : image.working_directory;
  return std::nullopt;
}

}  // namespace

std::expected<sandbox::Policy, std::string> policy_for(const Spec& spec, const Runtime& runtime,
                                                       const Ports& ports, const std::string& name,
                                                       const std::string& log_stream,
                                                       const Variables& credentials,
                                                       InitializationType type) {
  sandbox::Policy policy;
  policy.name = name;
  policy.environment = variables_for(spec, runtime, ports, log_stream, credentials, type);
  const auto problem =
      spec.image ? add_image(policy, *spec.image) : add_runtime_and_code(policy, spec, runtime);
  if (problem) return std::unexpected(*problem);
  policy.tmp_bytes = static_cast<std::uint64_t>(spec.ephemeral_storage_mb) << 20;
  policy.memory_bytes = static_cast<std::uint64_t>(spec.memory_mb) << 20;
  policy.cpus = 0;  // initialisation runs unthrottled
  policy.egress = spec.egress;
  policy.listeners = {{.port = ports.runtime_api}, {.port = ports.endpoint}};
  return policy;
}

}  // namespace martlet::environments
