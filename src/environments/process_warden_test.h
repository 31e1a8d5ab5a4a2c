#pragma once

// A Warden for unit tests that makes no sandboxes: it runs the program as a plain child process, with
// listeners on free ports of this machine and host paths in place of /var/task and /var/runtime. Memory
// limits are not enforced.

#include <map>
#include <string>

#include "sandbox/sandbox.h"

namespace martlet::environments {

class ProcessWarden final : public sandbox::Warden {
 public:
  explicit ProcessWarden(Executor executor);

  Task<std::unique_ptr<sandbox::Sandbox>> create(sandbox::Policy policy) override;
  [[nodiscard]] const sandbox::Capabilities& capabilities() const override { return capabilities_; }

  /// What create() throws from now on, if not empty.
  std::string refusal;
  /// CPUs that sandboxes were last given, and how often they were frozen and thawed.
  double cpus = 0;
  int freezes = 0;
  int thaws = 0;
  /// Sandboxes whose processes have not ended.
  int alive = 0;

 private:
  Executor executor_;
  sandbox::Capabilities capabilities_;
};

}  // namespace martlet::environments
