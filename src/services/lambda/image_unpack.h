#pragma once

// Unpacks the layers of a container image into one directory that environments use as their root, read-only.
// Whiteouts are applied. Nothing is written outside, whatever links the layers contain; devices, pipes and
// sockets are left out; owners, set-id bits and extended attributes are dropped; everybody may read what is
// there. For the blocking pool.

#include <string>
#include <vector>

namespace martlet::lambda {

/// `layers` are tar files, plain or compressed with gzip or zstd, the lowest first. `directory` must not
/// exist yet. Throws MalformedImage for what is no layer and for images that are too large; nothing is left
/// behind then.
void unpack_image(const std::vector<std::string>& layers, const std::string& directory);

/// Unpacks a tar file that holds an image (`docker save`, an OCI archive) as it is: regular files,
/// directories and links. `directory` must not exist yet.
void unpack_archive(const std::string& tar_file, const std::string& directory);

}  // namespace martlet::lambda
