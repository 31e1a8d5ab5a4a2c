#include "server/reach.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "sandbox/kernel.h"

namespace martlet::server {

namespace fs = std::filesystem;

namespace {

bool may_enter(const Identity& identity, const struct stat& status) {
  if (status.st_uid == identity.uid) return (status.st_mode & S_IXUSR) != 0;
  if (status.st_gid == identity.gid) return (status.st_mode & S_IXGRP) != 0;
  return (status.st_mode & S_IXOTH) != 0;
}

/// The topmost directory above `path` that the user may not enter; empty when there is none.
std::string first_closed(const Identity& identity, const fs::path& path) {
  fs::path at;
  for (const fs::path& part : path.parent_path()) {
    at /= part;
    struct stat status{};
    if (::stat(at.c_str(), &status) == 0 && !may_enter(identity, status)) return at;
  }
  return {};
}

bool is_below(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory.ends_with('/') ? directory : directory + '/');
}

struct Window {
  std::string path;
  std::string cover;
  sandbox::Descriptor mount{};
};

}  // namespace

bool is_reachable(const Identity& identity, const std::string& path) {
  return first_closed(identity, path).empty();
}

void make_reachable(const Identity& identity, const std::string& writable,
                    const std::vector<std::string>& readable) {
  std::vector<Window> windows;
  if (std::string cover = first_closed(identity, writable); !cover.empty())
    windows.push_back({writable, std::move(cover)});
  for (const std::string& each : readable) {
    std::error_code failed;
    const std::string path = fs::canonical(each, failed);
    // What lies in another window is seen through that; what holds the writable one would hide it.
    if (failed || is_below(writable, path) ||
        std::ranges::any_of(windows, [&](const Window& other) { return is_below(path, other.path); }))
      continue;
    if (std::string cover = first_closed(identity, path); !cover.empty())
      windows.push_back({path, std::move(cover)});
  }
  if (windows.empty()) return;

  sandbox::checked(::unshare(CLONE_NEWNS), "cannot make a mount namespace");
  // What the host mounts and unmounts later is seen here as well, but not the other way round.
  sandbox::checked(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr), "cannot make mounts private");
  std::set<std::string> covers;
  for (Window& window : windows) {
    window.mount = sandbox::copy_mount(AT_FDCWD, window.path, sandbox::Depth::kWithSubmounts);
    if (window.path != writable) sandbox::restrict_mount(window.mount);
    covers.insert(window.cover);
  }
  for (const std::string& cover : covers)
    sandbox::attach_mount(sandbox::new_mount("tmpfs", {{"size", "1m"}, {"mode", "0755"}},
                                             MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC),
                          AT_FDCWD, cover);
  // Shorter paths first: a window may lie in the directory that another one shows.
  std::ranges::sort(windows, {}, [](const Window& window) { return window.path.size(); });
  for (const Window& window : windows) {
    fs::create_directories(window.path);
    sandbox::attach_mount(window.mount, AT_FDCWD, window.path);
  }
}

}  // namespace martlet::server
