#pragma once

// A directory of the host, an unpacked container image, that takes the system root's place in a sandbox. What
// every sandbox has (/proc, /dev, /etc/hosts, /etc/resolv.conf) is mounted over what the image brings. The
// warden's part makes the mount points, the first process's part changes the root. Symbolic links of the
// image never lead out of it.

#include <string>

#include "sandbox/descriptor.h"

namespace martlet::sandbox {

class ImageRoot {
 public:
  /// Nothing: the sandbox has the system root.
  ImageRoot() = default;
  /// Opens the directory and makes what is missing of the mount points; throws std::runtime_error.
  explicit ImageRoot(const std::string& path);

  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(directory_); }
  /// An unattached read-only mount of it, for one sandbox.
  [[nodiscard]] Descriptor copy() const;
  /// Makes sure that `source` can be mounted at `target` inside. What is below /tmp is left to the sandbox.
  void add_mount_point(const std::string& target, int source) const;

 private:
  Descriptor directory_;
};

/// In the first process, while it may mount: leaves the system root for an image.
void enter_image(const Descriptor& image);

}  // namespace martlet::sandbox
