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

std::string check_program(const Policy& policy) {
  if (policy.command.empty() || !policy.command.front().starts_with('/'))
    return "the command must start with the absolute path of a program";
  if (std::ranges::any_of(policy.command, has_nul)) return "a word of the command contains a zero byte";
  for (const auto& [name, value] : policy.environment) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value))
      return "an environment variable has a malformed name or contains a zero byte";
  }
  if (!policy.working_directory.starts_with('/') || has_nul(policy.working_directory))
    return "the working directory must be an absolute path";
  return {};
}

std::string check_numbers(const Policy& policy) {
  constexpr auto kNobody = std::numeric_limits<uid_t>::max();
  if (policy.uid == kNobody || policy.gid == kNobody) return "no such user or group id";
  if (policy.tmp_bytes < kPage) return "tmp_bytes must be at least one page";
  if (policy.memory_bytes < (1U << 20)) return "memory_bytes must be at least 1 MiB";
  if (!std::isfinite(policy.cpus) || policy.cpus < 0 || policy.cpus > 65536) return "cpus is out of range";
  if (policy.max_processes < 1 || policy.max_open_files < 8)
    return "max_processes or max_open_files is too small";
  return {};
}

}  // namespace

std::string check_policy(const Policy& policy) {
  if (!is_name(policy.name)) return "the name must match [a-zA-Z0-9_-]{1,64}";
  if (auto wrong = check_program(policy); !wrong.empty()) return wrong;
  if (auto wrong = check_numbers(policy); !wrong.empty()) return wrong;
  if (policy.hostname.empty() || policy.hostname.size() > 64)
    return "the host name must have 1 to 64 characters";
  if (policy.binds.size() > kMaxBinds) return "too many binds";
  for (const auto& bind : policy.binds) {
    if (!bind.source.starts_with('/') || has_nul(bind.source))
      return "a bind's source must be an absolute path";
    if (!is_plain_path(bind.target)) return "a bind's target must be an absolute path without . and ..";
  }
  if (policy.listeners.size() > kMaxListeners) return "too many listeners";
  if (std::ranges::any_of(policy.listeners, [](const Listener& l) { return l.port == 0; }))
    return "a listener needs a port";
  if (encode(policy).size() > kMaxPolicyBytes) return "the command and environment are too large";
  return {};
}

}  // namespace martlet::sandbox
