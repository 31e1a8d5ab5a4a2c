#pragma once

// Who the server is after the warden has started. Started as root it keeps none of root's rights: it becomes
// an unprivileged user, and only the warden stays privileged. Called once, while the process has a single
// thread.

#include <sys/types.h>

#include <optional>
#include <string>

namespace martlet::server {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// The user to become. `user` is a name or a number, empty for the default: the user "martlet" if there is
/// one, else the owner of `directory` unless that is root, else an id of a range that is nobody's (as owner
/// of the directory it is found again by the next start). Nothing when the process is not root, or when there
/// is no other id to become. Throws std::runtime_error when `user` is asked for and cannot be had.
std::optional<Identity> choose_identity(const std::string& user, const std::string& directory);

enum class LowPorts { kNo, kYes };

/// Becomes that user for good: no supplementary groups, no capabilities (but the one to listen below port
/// 1024, if asked for), none to be had from programs, and nobody but root may look into the process.
/// Without an identity only the capabilities go. Throws std::runtime_error.
void give_up_root(const std::optional<Identity>& identity, LowPorts low_ports);

/// Makes `directory` and all in it the user's, where it is not already; what the warden keeps there ("run")
/// stays root's. Follows no links. Throws std::runtime_error.
void hand_over(const std::string& directory, const Identity& identity);

/// A copy of a file in memory, as a path that this process can open as any user. It lives as long as the
/// process. Throws std::runtime_error when the file cannot be read.
std::string copy_readable_by_all(const std::string& file);

}  // namespace martlet::server
