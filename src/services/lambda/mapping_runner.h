#pragma once

// MappingRunner: the engine of one event source mapping. It reads its source, filters, gathers batches, has
// them handled and settles what became of them; "where does a record become an invocation" is answered in
// mapping_runner.cc. It knows neither functions nor the API: what invokes comes in with the settings, time
// and store with the engine, so that a simulation can drive it.
//
// Records are deleted from their source after their success, in one transaction; others are left to come back
// when they are due. Nothing of a mapping in its runner needs to survive a crash. An idle mapping is one task
// that waits in the source. Owned by whoever runs the mapping; lives on the loop.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/arn.h"
#include "base/clock.h"
#include "base/task.h"
#include "services/lambda/mapping_counters.h"
#include "services/lambda/mapping_scaling.h"
#include "sources/sources.h"
#include "store/store.h"

namespace martlet::lambda {

/// A batch as an invocation.
struct MappingInvocation {
  std::string event;
  /// Those that came with its records.
  std::vector<std::string> trace_headers;
};

/// What became of it.
struct MappingAnswer {
  enum class Kind {
    kSuccess,
    kFunctionError,  ///< the function failed, or may not be run with this event
    kThrottled,      ///< no room, or the platform failed: tried again while the records are held
    kGone,           ///< there is no such function, version or alias
  };
  Kind kind = Kind::kSuccess;
  /// The function's answer.
  std::string payload = {};
  /// Why it did not succeed.
  std::string problem = {};
};

struct MappingSettings {
  std::size_t batch_size = 10;
  /// How long a batch is gathered, from its first record on (wall time).
  Duration window{};
  /// Which records the function is given; the others are deleted. Empty: all.
  std::function<bool(const sources::Record&)> wants;
  /// FunctionResponseTypes has ReportBatchItemFailures.
  bool reports_item_failures = false;
  ScalingLimits scaling;
  /// Why the source may not be read, "" when it may; asked for each batch. Null: it is not asked.
  std::function<Task<std::string>()> refusal = {};
  /// Has the function handle a batch. Any exception is a failure of the platform.
  std::function<Task<MappingAnswer>(MappingInvocation)> invoke;
};

/// What a runner stands on; all of it outlives the runner.
struct MappingEngine {
  Executor executor;
  store::Store& store;
  Clock& clock;
};

/// What a runner reads.
struct MappingSource {
  sources::Source& source;
  Arn arn;
  /// The role as which is read.
  std::string role_arn;
};

class MappingRunner {
 public:
  /// Begins to read.
  MappingRunner(MappingEngine engine, MappingSource source, MappingSettings settings,
                MappingCounters counters);
  /// Abandons what is under way. Owners that need an orderly end close() it and co_await finished() first.
  ~MappingRunner();
  MappingRunner(const MappingRunner&) = delete;
  MappingRunner& operator=(const MappingRunner&) = delete;

  /// Other settings, from the next batch on.
  void configure(MappingSettings settings);
  /// The function may be there again after it was not: tries at once.
  void resume();
  /// Ends reading; batches under way are finished and settled.
  void close();
  /// Ends everything, and writes nothing more (when the store is cleared).
  void abandon();
  /// Waits until reading has ended and all batches are settled. Call close() before.
  [[nodiscard]] Task<> finished() const;
  [[nodiscard]] bool is_finished() const;
  /// Gives batches under way up; what they hold comes back when it is due.
  void cancel();

  /// Batches that are with the function.
  [[nodiscard]] std::size_t under_way() const;
  /// What keeps the mapping from working ("PROBLEM: ..."); empty when nothing does.
  [[nodiscard]] std::string problem() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::lambda
