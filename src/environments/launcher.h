#pragma once

// Launcher: makes environments, by the quickest way there is: from a pre-booted runtime if the stock has one,
// else from nothing. Whoever wants one (an invocation, provisioned concurrency, a snapshot) comes here. Owned
// by the fleet; lives on the loop.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/boot_gate.h"
#include "environments/environment.h"
#include "environments/log_stream.h"
#include "environments/policy.h"
#include "environments/roster.h"
#include "environments/stock.h"

namespace martlet::environments {

/// An environment to be made. A second try at the same one uses the same log stream.
struct Birth {
  std::shared_ptr<const Spec> spec;
  std::shared_ptr<const Runtime> runtime;
  std::shared_ptr<LogStream> log;
  InitializationType type = InitializationType::kOnDemand;
};

class Launcher {
 public:
  /// All of it outlives the launcher.
  struct Parts {
    Executor executor;
    Clock& clock;
    Ids& ids;
    LogSink& sink;
    TaskGroup& tasks;
    Environment::Surroundings& around;
    Roster& roster;
    Stock& stock;
    BootGate& gate;
    Ports ports;
    /// Nothing of that tag will be there, or is there any more.
    std::function<void(const std::string& tag)> ended;
  };
  explicit Launcher(Parts parts) : with_(std::move(parts)) {}

  /// Opens its log stream.
  Birth conceive(std::shared_ptr<const Spec> spec, std::shared_ptr<const Runtime> runtime,
                 InitializationType type);

  /// Starts the environment, whose initialisation may take `limit`; it is on the roster and belongs to the
  /// caller until Roster::release(). With a `run` the initialisation is part of that invocation. The error is
  /// the reason when the function has no program that can be executed. Throws std::runtime_error when the
  /// platform failed; nothing is left then.
  /// `unwanted` is asked when its turn has come; null is returned when the environment is not needed any
  /// more.
  Task<std::expected<std::shared_ptr<Environment>, std::string>> start(Birth birth, Duration limit,
                                                                       std::shared_ptr<Run> run = nullptr,
                                                                       std::function<bool()> unwanted = {});

  [[nodiscard]] std::uint64_t cold_starts() const { return cold_starts_; }

 private:
  using Started = std::expected<std::shared_ptr<Environment>, std::string>;

  Task<Started> start_in_place(Birth birth, Duration limit, std::shared_ptr<Run> run);
  Task<Started> boot(Birth birth, Duration limit, std::shared_ptr<Run> run);
  Task<std::shared_ptr<Environment>> finish(Birth birth, std::shared_ptr<Preboot> preboot, Duration limit,
                                            std::shared_ptr<Run> run);
  std::shared_ptr<Environment> make(const Birth& birth, sandbox::Policy policy,
                                    const std::shared_ptr<Run>& run);
  static void announce(const Birth& birth);
  static Task<> leave_when_initialised(BootGate& gate, std::uint64_t ticket,
                                       std::shared_ptr<Environment> environment);

  Parts with_;
  std::uint64_t cold_starts_ = 0;
};

}  // namespace martlet::environments
