#include <signal.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/strings.h"
#include "sandbox/protocol.h"

namespace martlet::sandbox {

namespace {

constexpr std::size_t kMaxBinds = 64;
constexpr std::size_t kMaxListeners = 16;
constexpr std::uint64_t kPage = 4096;

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// Absolute, and without empty, "." and ".." parts, so that a mount point means the same to everyone.
bool is_plain_path(std::string_view path) {
  if (path.size() < 2 || path.front() != '/' || path.size() > 4000 || has_nul(path)) return false;
  return std::ranges::none_of(split(path.substr(1), '/'), [](std::string_view part) {
    return part.empty() || part == "." || part == "..";
  });
}

std::string check_surroundings(const std::map<std::string, std::string>& environment,
                               const std::string& working_directory) {
  for (const auto& [name, value] : environment) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value))
      return "an environment variable has a malformed name or contains a zero byte";
  }
  if (!working_directory.starts_with('/') || has_nul(working_directory))
    return "the working directory must be an absolute path";
  return {};
}

std::string check_command(const std::vector<std::string>& command) {
  if (command.empty() || !command.front().starts_with('/'))
    return "the command must start with the absolute path of a program";
  if (std::ranges::any_of(command, has_nul)) return "a word of the command contains a zero byte";
  return {};
}

std::string check_amounts(std::uint64_t tmp_bytes, std::uint64_t memory_bytes, double cpus) {
  if (tmp_bytes < kPage) return "tmp_bytes must be at least one page";
  if (memory_bytes < (1U << 20)) return "memory_bytes must be at least 1 MiB";
  if (!std::isfinite(cpus) || cpus < 0 || cpus > 65536) return "cpus is out of range";
  return {};
}

std::string check_numbers(const Policy& policy) {
  constexpr auto kNobody = std::numeric_limits<uid_t>::max();
  if (policy.uid == kNobody || policy.gid == kNobody) return "no such user or group id";
  if (policy.max_processes < 1 || policy.max_open_files < 8)
    return "max_processes or max_open_files is too small";
  return check_amounts(policy.tmp_bytes, policy.memory_bytes, policy.cpus);
}

std::string check_binds(const std::vector<Bind>& binds) {
  if (binds.size() > kMaxBinds) return "too many binds";
  for (const auto& bind : binds) {
    if (!bind.source.starts_with('/') || has_nul(bind.source))
      return "a bind's source must be an absolute path";
    if (!is_plain_path(bind.target)) return "a bind's target must be an absolute path without . and ..";
  }
  return {};
}

std::string check_egress(const Egress& egress) {
  constexpr std::size_t kMaxAllowed = 1024;
  constexpr std::size_t kMaxRange = 64;
  if (egress.allowed.size() > kMaxAllowed) return "too many ranges of addresses";
  if (std::ranges::any_of(egress.allowed, [](const auto& range) { return range.size() > kMaxRange; }))
    return "a range of addresses is malformed";
  return {};
}

}  // namespace

std::string check_policy(const Policy& policy) {
  if (!is_name(policy.name)) return "the name must match [a-zA-Z0-9_-]{1,64}";
  if (!policy.command.empty())
    if (auto wrong = check_command(policy.command); !wrong.empty()) return wrong;
  if (auto wrong = check_surroundings(policy.environment, policy.working_directory); !wrong.empty())
    return wrong;
  if (!policy.root.empty() && !is_plain_path(policy.root))
    return "the root must be an absolute path without . and ..";
  if (auto wrong = check_numbers(policy); !wrong.empty()) return wrong;
  if (policy.hostname.empty() || policy.hostname.size() > 64)
    return "the host name must have 1 to 64 characters";
  if (auto wrong = check_binds(policy.binds); !wrong.empty()) return wrong;
  if (policy.listeners.size() > kMaxListeners) return "too many listeners";
  if (std::ranges::any_of(policy.listeners, [](const Listener& l) { return l.port == 0; }))
    return "a listener needs a port";
  if (auto wrong = check_egress(policy.egress); !wrong.empty()) return wrong;
  if (encode(policy).size() > kMaxPolicyBytes) return "the command and environment are too large";
  return {};
}

std::string check_finish(const Finish& finish) {
  if (auto wrong = check_binds(finish.binds); !wrong.empty()) return wrong;
  if (auto wrong = check_amounts(finish.tmp_bytes, finish.memory_bytes, finish.cpus); !wrong.empty())
    return wrong;
  if (auto wrong = check_egress(finish.egress); !wrong.empty()) return wrong;
  if (encode(Order{.kind = Order::Kind::kFinish, .finish = finish}).size() > kMaxPolicyBytes)
    return "the binds are too large";
  return {};
}

std::string check_program(const Program& program) {
  if (auto wrong = check_command(program.command); !wrong.empty()) return wrong;
  if (auto wrong = check_surroundings(program.environment, program.working_directory); !wrong.empty())
    return wrong;
  if (encode(Order{.kind = Order::Kind::kRun, .program = program}).size() > kMaxPolicyBytes)
    return "the command and environment are too large";
  return {};
}

bool is_signal(std::int32_t number) { return number > 0 && number < NSIG; }

}  // namespace martlet::sandbox
