#pragma once

// The read-only system root that all sandboxes share: the host's programs and libraries, a minimal /etc and
// /dev, and empty mount points. It is put together once, in the warden's own mount namespace; a sandbox gets
// a copy of the mount tree (one system call) and not a dozen mounts. It holds nothing that one sandbox may
// not know of another. Owned by the warden.

#include <string>

#include "sandbox/descriptor.h"

namespace martlet::sandbox {

class SystemRoot {
 public:
  /// Builds the root at `mount_point`, a directory that exists. The current mount namespace must be private.
  explicit SystemRoot(const std::string& mount_point);

  /// An unattached copy, for one sandbox.
  [[nodiscard]] Descriptor copy() const;

  /// Makes sure that something can be mounted at `target` inside. Parts below mounts of the system root and
  /// below /tmp are left alone: there the path must exist, or is made by the sandbox itself.
  void add_mount_point(const std::string& target, int source);

 private:
  void bind(const std::string& source, const std::string& target);
  void bind_if_present(const std::string& source);
  void make_directory(const std::string& path);
  void add_programs();
  void add_etc();
  void add_devices();

  std::string mount_point_;
  /// The bare tmpfs, without what is mounted on it; writable.
  Descriptor writable_;
};

}  // namespace martlet::sandbox
