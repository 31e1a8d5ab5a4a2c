#include "server/state_directory.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace martlet::server {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "martlet-";

/// "martlet-PID-XXXXXX" of a process that is gone.
bool is_abandoned(const fs::path& directory) {
  const std::string name = directory.filename();
  if (!name.starts_with(kPrefix)) return false;
  const char* begin = name.data() + kPrefix.size();
  const char* end = name.data() + name.size();
  pid_t pid = 0;
  const auto parsed = std::from_chars(begin, end, pid);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != '-') return false;
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

void remove_abandoned(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored))
    if (is_abandoned(entry.path())) fs::remove_all(entry.path(), ignored);
}

}  // namespace

StateDirectory StateDirectory::permanent(const std::string& path) {
  std::error_code failed;
  const bool made = fs::create_directories(path, failed);
  if (failed)
    throw std::runtime_error("cannot make the data directory " + path + ": " + failed.message() +
                             ". Choose another with --data, or use --ephemeral");
  if (made) fs::permissions(path, fs::perms::owner_all, failed);
  // Without links: what leads to it may be closed to the user that the server becomes.
  return {fs::canonical(path), false};
}

StateDirectory StateDirectory::temporary() {
  const fs::path parent = fs::temp_directory_path();
  remove_abandoned(parent);
  std::string pattern = parent / (std::string(kPrefix) + std::to_string(::getpid()) + "-XXXXXX");
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary directory in " + parent.string() + ": " +
                             std::strerror(errno));
  return {pattern, true};
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), is_temporary_(std::exchange(other.is_temporary_, false)) {}

StateDirectory::~StateDirectory() {
  if (!is_temporary_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace martlet::server
