#pragma once

// Fleet: all environments of this server. It keeps them warm per function version, starts more under
// concurrent load, bounds how many there are, freezes and retires idle ones, and runs the Runtime API that
// they talk to. Owned by the server; lives on the loop. It starts no threads, and one timer serves all idle
// environments.
//
// Environments are interchangeable when they were made from the same Spec object, so a caller keeps one Spec
// per function version and makes a new one (and retires the old) when code or configuration changes.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/task.h"
#include "environments/concurrency.h"
#include "environments/environments.h"
#include "environments/runtimes.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

/// Runtimes that are started before their function is known (see stock.h).
struct StockOptions {
  /// How many of each runtime wait; 0: none are pre-booted.
  std::size_t per_runtime = 4;
  /// What all of them together may hold.
  std::uint64_t memory_bytes = 512ULL << 20;
  /// A runtime of which no function has started for this long has no stock any more.
  Duration keep_for = std::chrono::minutes(10);
};

struct FleetOptions {
  /// Host directory that holds python/, nodejs/, ...; what serves a runtime is shown inside as /var/runtime.
  std::string runtimes_directory;
  /// Which interpreters serve runtimes.
  RuntimeOptions runtimes;
  /// Where the Runtime API and the AWS endpoint listen inside every environment.
  std::uint16_t runtime_api_port = 9001;
  std::uint16_t endpoint_port = 4566;
  /// Memory that all environments together may hold, counted by what they use (see roster.h); 0 takes three
  /// quarters of the machine's.
  std::uint64_t memory_budget_bytes = 0;
  /// Environments on this host.
  std::size_t max_environments = 1000;
  /// AWS's defaults: what an account has, and how fast a function gets new environments.
  ConcurrencyLimits concurrency{};
  /// How long initialisation may take before it is tried once more inside the first invocation (AWS: 10 s).
  Duration init_timeout = std::chrono::seconds(10);
  /// How long an invocation waits for room on this host (memory and number of environments above); then it is
  /// throttled. Limits of concurrency throttle at once.
  Duration patience = std::chrono::seconds(10);
  /// An environment idle this long (elapsed time) is frozen, and later retired.
  Duration freeze_after = std::chrono::seconds(2);
  Duration retire_after = std::chrono::minutes(7);
  /// An environment this old is replaced before its credentials expire, the longest invocation included.
  Duration replace_after = kCredentialsLifetime - std::chrono::hours(1);
  /// Pre-booted runtimes.
  StockOptions stock{};
  /// Takes over the socket on which `endpoint_port` listens inside an environment and answers it until
  /// remove_endpoint(id). The tag names the environment: see Fleet::spec_of. Without it the port refuses
  /// connections.
  std::function<std::uint64_t(int fd, std::string tag)> adopt_endpoint;
  std::function<void(std::uint64_t id)> remove_endpoint;
  /// The environment of that tag has ended, or could not be made: its credentials are nobody's now.
  std::function<void(const std::string& tag)> environment_ended;
};

class Fleet {
 public:
  /// What is passed by reference must outlive the fleet.
  Fleet(Executor executor, Clock& clock, Ids& ids, sandbox::Warden& warden, LogSink& sink,
        FleetOptions options);
  /// Owners co_await stop() first.
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Runs one event to its end. Every failure of the function is an Outcome. Throws std::runtime_error only
  /// when the platform failed (no sandbox could be made). Cancelling the call leaves the invocation running
  /// to its end, as a client that disconnects does in AWS.
  Task<Outcome> invoke(std::shared_ptr<const Spec> spec, Invocation invocation);

  /// A function exists and will be invoked: has its runtime pre-booted.
  void expect(const std::shared_ptr<const Spec>& spec);

  /// Ends the environments of that function (unqualified ARN), all versions: idle ones now, busy ones after
  /// their invocation.
  void retire(const std::string& function_arn);
  /// Ends the environments made from `spec`, in the same way, and what is provisioned of it.
  void retire(const std::shared_ptr<const Spec>& spec);

  /// Concurrency that only this function (unqualified ARN) uses, and no more than which it uses; nullopt: it
  /// shares what the account has left. 0 throttles it altogether.
  void set_reserved_concurrency(const std::string& function_arn, std::optional<std::uint32_t> reserved);

  /// Keeps `count` environments of `spec` initialised from now on; 0 ends that. Idempotent.
  void provision(const std::shared_ptr<const Spec>& spec, std::uint32_t count);
  struct Provisioned {
    std::uint32_t requested = 0;
    /// Initialised, in use or not.
    std::uint32_t allocated = 0;
    /// Initialised and not in use.
    std::uint32_t available = 0;
    /// Why the requested number cannot be had; empty while it can or may yet.
    std::string failure;
  };
  [[nodiscard]] Provisioned provisioned(const std::shared_ptr<const Spec>& spec) const;

  /// SnapStart: initialises the version and keeps that process, before its first invocation; new environments
  /// come from kept ones (see snapshots.h). The failure's error document when initialisation fails, else
  /// nullopt.
  Task<std::optional<std::string>> prepare_snapshot(std::shared_ptr<const Spec> spec);

  /// The function whose environment has this tag (see FleetOptions::adopt_endpoint); null when there is none.
  [[nodiscard]] std::shared_ptr<const Spec> spec_of(const std::string& tag) const;

  /// Ends all environments, writes out their logs, and waits until they are gone; the fleet stays usable.
  /// Invocations under way end as crashes, those that come meanwhile are throttled.
  Task<> clear();

  /// Ends all environments, writes out their logs, and waits until nothing is left. Invocations under way end
  /// as crashes.
  Task<> stop();

  struct Statistics {
    std::size_t starting = 0;
    std::size_t idle = 0;
    std::size_t frozen = 0;
    std::size_t busy = 0;
    /// Kept as snapshots (SnapStart).
    std::size_t held = 0;
    /// What they count against the budget.
    std::uint64_t memory_bytes = 0;
    /// Invocations in flight; of these, those that use unreserved concurrency, and those in provisioned
    /// environments.
    std::uint32_t executions = 0;
    std::uint32_t unreserved_executions = 0;
    std::uint32_t provisioned_executions = 0;
    /// Unreserved executions and all concurrency that is reserved or provisioned.
    std::uint32_t claimed_concurrency = 0;
    /// Provisioned environments of all functions that were asked for, and those that are initialised.
    std::uint32_t provisioned_requested = 0;
    std::uint32_t provisioned_allocated = 0;
    /// Pre-booted runtimes: ready, on their way, what they hold, and environments made from them.
    std::size_t stock_waiting = 0;
    std::size_t stock_booting = 0;
    std::uint64_t stock_memory_bytes = 0;
    std::uint64_t stock_taken = 0;
    std::uint64_t cold_starts = 0;
    std::uint64_t invocations = 0;
    std::uint64_t failures = 0;
    std::uint64_t throttles = 0;
  };
  [[nodiscard]] Statistics statistics() const;
  /// Invocations of that function (unqualified ARN) in flight.
  [[nodiscard]] std::uint32_t executions(const std::string& function_arn) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::environments
