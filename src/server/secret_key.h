#pragma once

// The key with which stored secrets are encrypted: the file `secret-key` of the data directory, made with it.

#include <string>

#include "base/secret_box.h"

namespace martlet::server {

/// A box with the 32-byte key in `file`. Makes the file, readable by its owner only, where there is none.
/// Throws std::runtime_error, with the remedy, when it cannot be read or written or is no such key.
SecretBox open_secret_key(const std::string& file);

/// A box with a key that is gone when the process ends.
SecretBox passing_secret_key();

}  // namespace martlet::server
