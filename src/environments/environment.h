#pragma once

// Environment: one running instance of a function version, from its sandbox's creation to its end. It takes
// one invocation at a time, holds it to its timeout, notices when the process ends, and writes the platform's
// lines to the log. Made and owned by the fleet; lives on the loop.
//
//   starting → idle ⇄ busy → replied → idle …        any of them → ended
//
// "replied" is the time between a function's answer and its next call of /next: the answer is out, but the
// invocation's timeout still counts. An environment that crashed or ran out of time is never used again.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/alarm.h"
#include "environments/environments.h"
#include "environments/log_stream.h"
#include "environments/platform_log.h"
#include "environments/runtime_api.h"
#include "environments/runtimes.h"
#include "environments/telemetry.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

/// One invocation on its way through an environment; shared by the caller, who may leave, and the
/// environment.
struct Run {
  Invocation invocation;
  /// Set when it is over.
  std::optional<Outcome> outcome;
  /// The environment ended before the function saw the event: it can be given to another one.
  bool lost = false;
};

/// Why initialisation failed.
struct InitFailure {
  Outcome::Kind kind = Outcome::Kind::kInitError;
  std::string error_type;
  /// Error document for the invoker; empty when the platform words it from `message`.
  std::string document;
  std::string message;
};

class Environment final : public RuntimeHost, public std::enable_shared_from_this<Environment> {
 public:
  enum class State { kStarting, kIdle, kBusy, kReplied, kEnded };

  /// What environments share; owned by the fleet and longer-lived than they are.
  struct Surroundings {
    Executor executor;
    Clock& clock;
    sandbox::Warden& warden;
    TaskGroup& tasks;
    RuntimeApi& runtime_api;
    /// Takes over the endpoint's socket; returns what ends that.
    std::function<std::function<void()>(int fd, const std::string& tag)> adopt_endpoint;
    /// An environment became idle, or ended.
    std::function<void(Environment&)> changed;
  };

  Environment(Surroundings& surroundings, std::shared_ptr<const Spec> spec,
              std::shared_ptr<const Runtime> runtime, std::shared_ptr<LogStream> log, sandbox::Policy policy);

  /// Makes the sandbox and starts initialisation, which may take `init_limit`. Throws std::runtime_error when
  /// no sandbox can be made.
  Task<> start(Duration init_limit);
  /// Waits until initialisation has succeeded (true) or failed (false).
  Task<bool> initialised();
  [[nodiscard]] const InitFailure& init_failure() const { return init_failure_; }

  /// Gives it an event: when idle or replied, or while starting, in which case initialisation counts as part
  /// of the invocation. Wait with finished().
  void begin(std::shared_ptr<Run> run);
  /// Waits until `run` has an outcome or is lost.
  Task<> finished(std::shared_ptr<Run> run);

  /// Stops the processes of an idle environment. begin() lets them go on.
  static Task<> freeze(std::shared_ptr<Environment> self);
  [[nodiscard]] bool frozen() const { return frozen_ || freezing_; }

  /// Ends it now if it is idle, else when its invocation is over.
  void retire();
  /// Ends it now.
  void kill();

  [[nodiscard]] State state() const { return state_; }
  /// Whether begin() may give it an event now, initialisation aside.
  [[nodiscard]] bool takes_events() const;
  /// kill() was called.
  [[nodiscard]] bool ending() const { return doomed_; }
  [[nodiscard]] const std::shared_ptr<const Spec>& spec() const { return spec_; }
  [[nodiscard]] const std::string& tag() const { return policy_.name; }
  /// Clock::elapsed() when it became idle.
  [[nodiscard]] Duration idle_since() const { return idle_since_; }

  // RuntimeHost
  Task<std::optional<Event>> next() override;
  Task<Verdict> respond(std::string request_id, std::string payload) override;
  Task<Verdict> respond_too_large(std::string request_id) override;
  Task<Verdict> fail(std::string request_id, RuntimeError error) override;
  Task<Verdict> fail_init(RuntimeError error) override;

 private:
  static Task<> live(std::shared_ptr<Environment> self);
  static Task<> apply_cpus(std::shared_ptr<Environment> self);
  static Task<> thaw(std::shared_ptr<Environment> self);
  static Task<int> connect_inside(std::weak_ptr<Environment> environment, std::uint16_t port);

  void set_deadline(Duration at);
  Task<std::optional<Duration>> look_at_deadline();
  Task<> deadline_passed();
  /// Gives up an event that waits in the replied state for a runtime that does not ask for it.
  Task<std::optional<Duration>> look_at_waiting_run();
  Task<> process_ended(sandbox::Result result);
  Task<> init_failed(InitFailure failure, Status status);
  /// The runtime asked for its next event: initialisation, or the last invocation, is over.
  void became_ready();
  Event deliver();
  [[nodiscard]] bool runs(const std::string& request_id) const;
  [[nodiscard]] std::chrono::microseconds since(Duration start) const;

  /// Ends the invocation under way: writes END and REPORT, and completes `outcome`, of which the caller has
  /// set kind and payload. `status` and `error_type` are REPORT's.
  Task<> settle(Outcome outcome, Status status, std::string error_type);
  /// Refreshes peak_memory_.
  static Task<> measure(std::shared_ptr<Environment> self);

  Surroundings& around_;
  std::shared_ptr<const Spec> spec_;
  std::shared_ptr<const Runtime> runtime_;
  std::shared_ptr<LogStream> log_;
  std::shared_ptr<Telemetry> telemetry_;
  sandbox::Policy policy_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;

  State state_ = State::kStarting;
  bool retiring_ = false;
  bool doomed_ = false;
  bool settling_ = false;
  bool frozen_ = false;
  bool freezing_ = false;
  InitFailure init_failure_;
  bool init_failed_ = false;
  Duration created_at_{0};
  Duration idle_since_{0};
  Duration replied_at_{0};
  std::optional<std::chrono::microseconds> init_duration_;

  std::shared_ptr<Run> run_;
  bool delivered_ = false;
  Duration run_started_{0};
  std::string last_request_id_;
  std::uint64_t next_calls_ = 0;
  std::uint64_t peak_memory_ = 0;
  Duration measured_at_{0};

  std::optional<Duration> deadline_;
  Alarm alarm_;
  Alarm give_back_;

  Signal event_ready_;
  Signal progress_;
  std::function<void()> remove_endpoint_;
};

}  // namespace martlet::environments
