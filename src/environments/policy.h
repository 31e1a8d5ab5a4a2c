#pragma once

// What the sandbox of one environment is: the documented variables, mounts and limits of AWS Lambda as a
// sandbox::Policy. Pure, but for a look at the code directory for the program of a `provided` runtime.

#include <expected>
#include <string>

#include "environments/environments.h"
#include "environments/runtimes.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

struct Ports {
  std::uint16_t runtime_api = 9001;
  std::uint16_t endpoint = 4566;
};

/// Index of each socket in Policy::listeners.
inline constexpr std::size_t kRuntimeApiListener = 0;
inline constexpr std::size_t kEndpointListener = 1;

/// CPUs' worth of time in proportion to memory: 1,769 MB is one.
double cpus_for(std::uint32_t memory_mb);

using Variables = std::map<std::string, std::string>;

/// What a runtime's program can be told before its function is known.
Variables variables_before_function(const Runtime& runtime, const Ports& ports);

/// The variables of the process: Lambda's own, the function's, and `credentials`.
Variables variables_for(const Spec& spec, const Runtime& runtime, const Ports& ports,
                        const std::string& log_stream, const Variables& credentials,
                        InitializationType type = InitializationType::kOnDemand);

/// The sandbox named `name`; or, when the code has no program to start, AWS's error message for
/// Runtime.InvalidEntrypoint.
std::expected<sandbox::Policy, std::string> policy_for(
    const Spec& spec, const Runtime& runtime, const Ports& ports, const std::string& name,
    const std::string& log_stream, const Variables& credentials,
    InitializationType type = InitializationType::kOnDemand);

}  // namespace martlet::environments
