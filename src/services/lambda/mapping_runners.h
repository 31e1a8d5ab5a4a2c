#pragma once

// The runners of all event source mappings: one for each that is enabled, made, changed and ended as the
// stored record says. Owned by the service; lives on the loop.

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/metrics.h"
#include "services/lambda/event_source_mappings_store.h"
#include "services/lambda/execution_role.h"
#include "services/lambda/mapping_runner.h"

namespace martlet::lambda {

/// What the role of a function needs to read a queue, without the service.
inline constexpr std::array<const char*, 3> kReadingActions{"ReceiveMessage", "DeleteMessage",
                                                            "GetQueueAttributes"};

/// Everything outlives the runners.
struct MappingDependencies {
  Executor executor;
  store::Store& store;
  Clock& clock;
  Ids& ids;
  const sources::Sources& sources;
  metrics::Registry& metrics;
  /// Has a function, version or alias handle a batch.
  std::function<Task<MappingAnswer>(FunctionName function, std::string partition,
                                    MappingInvocation invocation)>
      invoke;
  /// Empty: roles are not asked.
  RoleRefusal role_refusal = {};
};

class MappingRunners {
 public:
  explicit MappingRunners(const MappingDependencies& with);
  ~MappingRunners();
  MappingRunners(const MappingRunners&) = delete;
  MappingRunners& operator=(const MappingRunners&) = delete;

  /// The mapping is stored like this now. Records may come in any order: one that is older than another that
  /// came before is ignored. A mapping that is being deleted is erased once no batch is under way.
  void apply(const MappingRecord& mapping, const std::string& role_arn);

  /// "Enabled", "Disabling", "Disabled" or "Deleting".
  [[nodiscard]] std::string state_of(const MappingRecord& mapping) const;
  /// What keeps the mapping from working; empty when nothing does.
  [[nodiscard]] std::string problem_of(const MappingRecord& mapping) const;
  /// There is a function now that was not there before (unqualified).
  void resume(const FunctionName& function);

  /// Forgets everything (when the store is cleared).
  void reset();
  /// Ends all reading, and waits for batches under way, for some seconds. What is not settled then comes back
  /// when it is due.
  Task<> stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::lambda
