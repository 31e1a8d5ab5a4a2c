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
#include "environments/environments.h"
#include "environments/runtimes.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

struct FleetOptions {
  /// Host directory that holds python/, nodejs/, ...; what serves a runtime is shown inside as /var/runtime.
  std::string runtimes_directory;
  /// Which interpreters serve runtimes.
  RuntimeOptions runtimes;
  /// Where the Runtime API and the AWS endpoint listen inside every environment.
  std::uint16_t runtime_api_port = 9001;
  std::uint16_t endpoint_port = 4566;
  /// Sum of the configured memory of all environments; 0 takes the machine's memory.
  std::uint64_t memory_budget_bytes = 0;
  /// AWS's default account concurrency.
  std::size_t max_environments = 1000;
  /// How long initialisation may take before it is tried once more inside the first invocation (AWS: 10 s).
  Duration init_timeout = std::chrono::seconds(10);
  /// How long an invocation waits for room when the bounds above are reached; then it is throttled.
  Duration patience = std::chrono::seconds(10);
  /// An environment idle this long (elapsed time) is frozen, and later retired.
  Duration freeze_after = std::chrono::seconds(2);
  Duration retire_after = std::chrono::minutes(7);
  /// Takes over the socket on which `endpoint_port` listens inside an environment and answers it until
  /// remove_endpoint(id). The tag names the environment: see Fleet::spec_of. Without it the port refuses
  /// connections.
  std::function<std::uint64_t(int fd, std::string tag)> adopt_endpoint;
  std::function<void(std::uint64_t id)> remove_endpoint;
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

  /// Ends the environments of that function (unqualified ARN), all versions: idle ones now, busy ones after
  /// their invocation.
  void retire(const std::string& function_arn);
  /// Ends the environments made from `spec`, in the same way.
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

  /// SnapStart: initialises the version once and keeps that, before its first invocation. The failure's error
  /// document when initialisation fails, else nullopt.
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
    std::uint64_t reserved_memory_bytes = 0;
    std::uint64_t cold_starts = 0;
    std::uint64_t invocations = 0;
    std::uint64_t failures = 0;
    std::uint64_t throttles = 0;
  };
  [[nodiscard]] Statistics statistics() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::environments
