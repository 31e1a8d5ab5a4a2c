#pragma once

// Files that hold keys: readable by their owner only, whole or not there.

#include <optional>
#include <string>

namespace martlet::server {

/// Writes a file that is not there yet, under another name first, so that a crash leaves a whole file or
/// none. Throws std::runtime_error.
void write_private_file(const std::string& file, const std::string& content);

/// nullopt when there is none. Throws std::runtime_error, with the remedy, when it cannot be read or when
/// others than its owner may.
std::optional<std::string> read_private_file(const std::string& file);

}  // namespace martlet::server
