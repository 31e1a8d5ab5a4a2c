#pragma once

// Finding out what the warden may do on this machine, and saying what to do when it may not do enough. Runs
// in the warden process, once, before it serves.

#include <sys/types.h>

#include <string>

#include "sandbox/sandbox.h"

namespace martlet::sandbox {

/// The host ids that the users of sandboxes map to.
struct OutsideIds {
  uid_t first_uid = 0;
  gid_t first_gid = 0;
  /// Every sandbox has first_uid; otherwise each has its own from there on.
  bool one_for_all = true;
};

/// Sandboxes at the same time, and so the ids that one warden needs.
inline constexpr unsigned kMaxCells = 8191;

/// Puts the warden into a mount namespace of its own: directly where it is root, otherwise through a user
/// namespace. Fills in `privileged` and `user_namespaces`; throws std::runtime_error when neither works.
OutsideIds enter_own_mounts(Capabilities& capabilities);

/// What failed, why most likely, and the remedies, in one paragraph.
std::string explain_refusal(const std::string& failure);

}  // namespace martlet::sandbox
