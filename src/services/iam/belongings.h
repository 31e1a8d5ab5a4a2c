#pragma once

// What a user has beside policies and groups: access keys, a login profile, SSH keys, devices for
// multi-factor authentication, certificates, service-specific credentials. It goes along when the user is
// renamed, and has to be gone before the user is deleted. Everything happens inside the caller's transaction.

#include "services/iam/iam_store.h"

namespace martlet::iam {

/// Gives all of it to the name `to`.
Task<> move_belongings(store::Txn& txn, Name from, std::string to);

/// Throws DeleteConflict, which names what there is.
Task<> require_no_belongings(store::Txn& txn, Name user);

}  // namespace martlet::iam
