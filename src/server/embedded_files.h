#pragma once

// The bootstraps under runtimes/, as the build put them into this binary (tools/embed_files.py).

#include <span>
#include <string>
#include <string_view>

namespace martlet::server {

struct EmbeddedFile {
  /// Below runtimes/: "python/bootstrap.py".
  std::string_view path;
  std::string_view content;
};

std::span<const EmbeddedFile> embedded_runtimes();

/// Writes them below `parent`, into a directory whose name is made from their content, unless it exists;
/// returns its path.
std::string unfold_runtimes(const std::string& parent);

}  // namespace martlet::server
