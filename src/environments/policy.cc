#include "environments/policy.h"

#include <sys/stat.h>

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

}  // namespace

double cpus_for(std::uint32_t memory_mb) { return static_cast<double>(memory_mb) / 1769; }

Variables variables_for(const Spec& spec, const Runtime& runtime, const Ports& ports,
                        const std::string& log_stream, const Variables& credentials) {
  Variables variables{
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"},
      {"LD_LIBRARY_PATH", "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"},
      {"LANG", "en_US.UTF-8"},
      {"TZ", ":UTC"},
      {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
      {"AWS_ENDPOINT_URL", "http://127.0.0.1:" + std::to_string(ports.endpoint)},
  };
  if (runtime.language == Language::kPython) variables["PYTHONPATH"] = "/var/runtime";
  if (runtime.language == Language::kNode)
    variables["NODE_PATH"] = "/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task";
  // A function may replace what is above, but not what is below: those names are reserved.
  for (const auto* source : {&spec.variables, &credentials})
    for (const auto& [name, value] : *source) variables[name] = value;
  if (runtime.language != Language::kProvided) variables["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + spec.runtime;
  variables["_HANDLER"] = spec.handler;
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
  variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand";
  return variables;
}

std::expected<sandbox::Policy, std::string> policy_for(const Spec& spec, const Runtime& runtime,
                                                       const Ports& ports, const std::string& name,
                                                       const std::string& log_stream,
                                                       const Variables& credentials) {
  sandbox::Policy policy;
  policy.name = name;
  policy.command = runtime.command;
  if (policy.command.empty()) {
    const auto bootstrap = bootstrap_of(spec);
    if (!bootstrap)
      return std::unexpected("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
    policy.command = {*bootstrap};
  }
  if (runtime.language == Language::kNode)
    // Node.js does not see the sandbox's memory limit; without this it would collect garbage too late.
    policy.command.insert(policy.command.begin() + 1,
                          "--max-old-space-size=" + std::to_string(spec.memory_mb * 9 / 10));
  policy.environment = variables_for(spec, runtime, ports, log_stream, credentials);
  policy.working_directory = "/var/task";
  policy.binds = runtime.binds;
  policy.binds.push_back({.source = spec.code_directory, .target = "/var/task"});
  if (!spec.opt_directory.empty()) policy.binds.push_back({.source = spec.opt_directory, .target = "/opt"});
  policy.tmp_bytes = static_cast<std::uint64_t>(spec.ephemeral_storage_mb) << 20;
  policy.memory_bytes = static_cast<std::uint64_t>(spec.memory_mb) << 20;
  policy.cpus = 0;  // initialisation runs unthrottled
  policy.egress = spec.egress;
  policy.listeners = {{.port = ports.runtime_api}, {.port = ports.endpoint}};
  return policy;
}

}  // namespace martlet::environments
