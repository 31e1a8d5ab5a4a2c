#pragma once

// The inside of Fleet, for its own files: fleet.cc has the public functions and the keeping of idle
// environments, fleet_invoke.cc the way of an invocation.

#include <list>
#include <memory>
#include <string>

#include "environments/boot_gate.h"
#include "environments/concurrency.h"
#include "environments/environment.h"
#include "environments/fleet.h"
#include "environments/launcher.h"
#include "environments/memory_pressure.h"
#include "environments/provisioner.h"
#include "environments/roster.h"
#include "environments/snapshots.h"
#include "environments/stock.h"

namespace martlet::environments {

struct Fleet::Impl : std::enable_shared_from_this<Fleet::Impl> {
  Impl(Executor executor_, Clock& clock_, Ids& ids_, sandbox::Warden& warden, LogSink& sink_,
       FleetOptions options_);

  /// An invocation whose concurrency counts until its outcome is there, whether the caller waits or not.
  struct SeatedRun : Run {
    Concurrency::Seat seat;
  };
  /// An invocation that could not be handed over at once, on its way to an environment.
  struct Dispatch {
    explicit Dispatch(Executor executor) : ended(std::move(executor)) {}
    Signal ended;
    bool done = false;
    std::exception_ptr failure;
  };

  // fleet_invoke.cc
  static Task<Outcome> invoke(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                              Invocation invocation);
  static Task<> guard(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                      std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run,
                      std::shared_ptr<Dispatch> dispatch);
  /// Gives the event to an environment that becomes free or to a new one.
  static Task<> deliver(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                        std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run);
  /// Starts an environment and gives it the event. Initialisation that fails is tried once more inside the
  /// invocation, under the function's own timeout.
  /// False when none was started, because another became free first.
  static Task<bool> start(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                          std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run);
  /// The same for SnapStart: from a snapshot where there is one.
  static Task<> restore(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                        std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run);
  /// Whether the function has as many environments of tenants as it may have.
  [[nodiscard]] bool has_all_tenants(const Spec& spec) const;
  void throttle(Run& run, ThrottleReason reason);
  /// The code has nothing that could be started.
  static void refuse_entrypoint(const Spec& spec, LogStream& log, Run& run, const std::string& message);
  /// The function cannot be run, for a reason that its log tells.
  static void refuse(const Spec& spec, LogStream& log, Run& run, const InitFailure& failure);

  // fleet.cc
  std::function<void()> adopt_endpoint(int fd, const std::string& tag);
  void environment_changed(Environment& environment);
  void ended(const std::string& tag) const;
  /// Whether its credentials would run out in use.
  [[nodiscard]] bool is_aged(const Environment& environment) const;
  /// Waits until something has changed or it is `until`; then the caller looks again.
  static Task<> wait_for_room(std::shared_ptr<Impl> self, Duration until);
  /// Freezes, retires, and wakes those whose patience has ended; returns when to look again.
  Task<std::optional<Duration>> keep();
  static Task<> rest(std::shared_ptr<Impl> self, std::shared_ptr<Environment> environment);
  /// Ends what the host has no room for.
  void relieve();
  static Task<> clear(std::shared_ptr<Impl> self);
  static Task<> stop(std::shared_ptr<Impl> self);
  void end_everything();

  Executor executor;
  Clock& clock;
  Ids& ids;
  LogSink& sink;
  FleetOptions options;
  Ports ports;
  Runtimes runtimes;
  TaskGroup tasks;
  RuntimeApi api;
  Signal room;
  Alarm keeper;
  Environment::Surroundings around;

  Concurrency concurrency;
  Roster roster;
  BootGate gate;
  Stock stock;
  Launcher launcher;
  Provisioner provisioner;
  Snapshots snapshots;
  MemoryPressure pressure;
  std::size_t waiting = 0;
  std::list<Duration> patience_ends;
  bool stopping = false;
  std::uint64_t invocations = 0;
  std::uint64_t failures = 0;
  std::uint64_t throttles = 0;
};

}  // namespace martlet::environments
