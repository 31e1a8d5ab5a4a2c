#pragma once

// Snapshots: SnapStart. A version is initialised before its first invocation, up to where its runtime asks
// for the restore, and that process is kept, frozen. A new environment is a kept process that is restored:
// its after-restore hooks run, and it has fresh credentials. Then the kept one is replaced in the background.
// So the snapshot is a process, not an image of its memory: each serves one environment, and where none is
// ready the version is initialised and restored within the invocation. Owned by the fleet; lives on the loop.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/launcher.h"
#include "environments/roster.h"
#include "environments/runtimes.h"

namespace martlet::environments {

/// An initialised environment and what it was made from.
struct Snapshot {
  Birth birth;
  std::shared_ptr<Environment> environment;
};

class Snapshots {
 public:
  /// All of it outlives the snapshots.
  struct Parts {
    Executor executor;
    TaskGroup& tasks;
    Launcher& launcher;
    Roster& roster;
    Runtimes& runtimes;
  };
  explicit Snapshots(Parts parts) : with_(std::move(parts)) {}

  /// How long initialisation before the snapshot may take; AWS gives it much more than one inside an
  /// invocation.
  static constexpr Duration kInitLimit = std::chrono::seconds(130);

  /// See Fleet::prepare_snapshot. The version is kept from now on.
  Task<std::optional<std::string>> prepare(std::shared_ptr<const Spec> spec);
  /// A kept one, which is the caller's from now on; nullopt when none is ready. The next is made.
  std::optional<Snapshot> take(const std::shared_ptr<const Spec>& spec);
  /// It has ended.
  void ended(const Environment& environment);
  /// Keeps none of that version any more; its environments are the caller's to end.
  void forget(const Spec& spec) { versions_.erase(&spec); }
  void clear() { versions_.clear(); }

 private:
  struct Version {
    explicit Version(Executor executor) : made(std::move(executor)) {}
    std::optional<Snapshot> kept;
    bool making = false;
    /// Why the last one could not be made.
    std::optional<std::string> failure;
    Signal made;
  };

  std::shared_ptr<Version> version_of(const std::shared_ptr<const Spec>& spec);
  void make_another(const std::shared_ptr<const Spec>& spec, const std::shared_ptr<Version>& version);
  Task<> make(std::shared_ptr<const Spec> spec, std::shared_ptr<Version> version);
  /// The failure's error document.
  Task<std::optional<std::string>> make_one(std::shared_ptr<const Spec> spec,
                                            std::shared_ptr<Version> version);
  [[nodiscard]] bool knows(const Spec& spec, const std::shared_ptr<Version>& version) const;

  Parts with_;
  std::unordered_map<const Spec*, std::shared_ptr<Version>> versions_;
};

}  // namespace martlet::environments
