#pragma once

// A function's container image, as it was when the function was created or updated: what running it needs is
// kept here, whatever becomes of its source. A record field of its own.

#include <map>
#include <string>
#include <vector>

#include "store/blobs.h"

namespace martlet::lambda {

struct ImageUse {
  /// As the request gave it.
  std::string uri;
  /// The same image by its digest: ResolvedImageUri.
  std::string resolved_uri;
  /// SHA-256 of its manifest.
  std::string sha256;
  /// Tar files, the lowest first.
  std::vector<store::BlobRef> layers;
  // From its configuration:
  std::vector<std::string> entry_point;
  std::vector<std::string> command;
  std::string working_directory;
  std::map<std::string, std::string> variables;

  void fields(auto& field) {
    field(1, uri);
    field(2, resolved_uri);
    field(3, sha256);
    field(4, layers);
    field(5, entry_point);
    field(6, command);
    field(7, working_directory);
    field(8, variables);
  }

  /// The name of the directory that it is unpacked into.
  [[nodiscard]] std::string directory_key() const { return "image-" + sha256; }
};

}  // namespace martlet::lambda
