#pragma once

// The seccomp filter of all sandboxes: which system calls programs inside may make. It is compiled once, when
// the warden starts. Three answers exist: allowed; refused with EPERM, as a program without privileges sees
// it elsewhere; and ENOSYS for everything that this list does not know, so that programs fall back to what is
// known. Only a call in a foreign architecture's convention (32-bit on x86-64) kills the process.

#include <linux/filter.h>

#include <vector>

namespace martlet::sandbox {

class SystemCallFilter {
 public:
  /// Compiles the filter; throws when libseccomp cannot.
  SystemCallFilter();

  /// Puts the calling process, and all that it will start, under the filter for good. Needs no_new_privs.
  void apply() const;

 private:
  std::vector<sock_filter> program_;
};

}  // namespace martlet::sandbox
