#pragma once

// Directories below ones that the server's user may not enter (a data directory in /root) stay reachable for
// it, and they alone. Called once, after the warden has been forked and while the process has a single
// thread.

#include <string>
#include <vector>

#include "server/identity.h"

namespace martlet::server {

/// Gives this process a view of the file system of its own in which every closed directory above one of these
/// is covered by an empty one that leads to them, under the same paths. `writable` is one directory; those to
/// read are left out where they do not exist. Does nothing where all are reachable anyhow. Throws
/// std::runtime_error when the kernel does not let it.
void make_reachable(const Identity& identity, const std::string& writable,
                    const std::vector<std::string>& readable);

/// Whether the user may enter all directories above `path`.
bool is_reachable(const Identity& identity, const std::string& path);

}  // namespace martlet::server
