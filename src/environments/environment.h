#pragma once

// Environment: one running instance of a function version, from its sandbox's creation to its end. It takes
// as many events at a time as it has slots (one, for ordinary functions), holds each to its timeout, notices
// when the process ends, and writes the platform's lines to the log. Made and owned by the fleet; lives on
// the loop.
//
//   starting → idle ⇄ busy → replied → idle …        any of them → ended
//   starting → held → restoring → idle               with SnapStart
//
// "replied" is the time between a function's answer and its next call of /next: the answer is out, but the
// invocation's timeout still counts. An environment that crashed or ran out of time is never used again.
//
// environment.cc: beginning, freezing, end. environment_phases.cc: Init and Restore. environment_slots.cc:
// invocations. environment_runtime.cc: the side its runtime talks to. environment_extensions.cc: extensions,
// and the Shutdown phase that they are given.

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/alarm.h"
#include "environments/answer_stream.h"
#include "environments/ending.h"
#include "environments/environments.h"
#include "environments/extensions_api.h"
#include "environments/log_stream.h"
#include "environments/platform_events.h"
#include "environments/platform_log.h"
#include "environments/run.h"
#include "environments/runtime_api.h"
#include "environments/runtimes.h"
#include "environments/telemetry.h"
#include "environments/telemetry_api.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

class Environment final : public RuntimeHost,
                          public ExtensionsHost,
                          public TelemetryHost,
                          public std::enable_shared_from_this<Environment> {
 public:
  enum class State { kStarting, kHeld, kRestoring, kIdle, kBusy, kReplied, kEnded };

  /// What environments share; owned by the fleet and longer-lived than they are.
  struct Surroundings {
    Executor executor;
    Clock& clock;
    sandbox::Warden& warden;
    TaskGroup& tasks;
    RuntimeApi& runtime_api;
    /// Takes over the endpoint's socket; returns what ends that.
    std::function<std::function<void()>(int fd, const std::string& tag)> adopt_endpoint;
    /// An environment became idle or held, has a slot free again, or ended.
    std::function<void(Environment&)> changed;
  };

  Environment(Surroundings& surroundings, std::shared_ptr<const Spec> spec,
              std::shared_ptr<const Runtime> runtime, std::shared_ptr<LogStream> log, sandbox::Policy policy,
              InitializationType type = InitializationType::kOnDemand);

  /// Makes the sandbox and starts initialisation, which may take `init_limit`. Throws std::runtime_error when
  /// no sandbox can be made. Or takes over one with a pre-booted runtime, which the Runtime API knows by the
  /// same tag.
  Task<> start(Duration init_limit, std::unique_ptr<sandbox::Sandbox> ready = nullptr);
  /// Waits until initialisation has succeeded (true) or failed (false). With SnapStart the environment is
  /// then held.
  Task<bool> initialised();
  [[nodiscard]] const InitFailure& init_failure() const { return init_failure_; }

  /// Takes a held environment into use: runs the Restore phase. False when that failed, for the reason in
  /// init_failure(), or the environment has ended; it is of no use then.
  Task<bool> restore();

  /// Gives it an event: when takes_events(), or while starting, in which case initialisation counts as part
  /// of the invocation. Wait with finished().
  void begin(std::shared_ptr<Run> run);
  /// Waits until `run` has an outcome, and its sink is left alone, or is lost.
  Task<> finished(std::shared_ptr<Run> run);

  /// Stops the processes of an idle or held environment. begin() and restore() let them go on.
  static Task<> freeze(std::shared_ptr<Environment> self);
  [[nodiscard]] bool frozen() const { return frozen_ || freezing_; }

  /// Ends it now if it is idle, else when its invocations are over.
  void retire();
  /// Ends it now; where there are extensions, after the Shutdown phase.
  void kill(ShutdownReason reason = ShutdownReason::kSpindown);

  [[nodiscard]] State state() const;
  /// Whether begin() may give it an event now, initialisation aside.
  [[nodiscard]] bool takes_events() const;
  /// kill() was called.
  [[nodiscard]] bool ending() const { return doomed_; }
  [[nodiscard]] const std::shared_ptr<const Spec>& spec() const { return spec_; }
  [[nodiscard]] const std::string& tag() const { return policy_.name; }
  /// The variables of its process.
  [[nodiscard]] const std::map<std::string, std::string>& variables() const { return policy_.environment; }
  /// Clock::elapsed() at start().
  [[nodiscard]] Duration created_at() const { return created_at_; }
  /// Clock::elapsed() when it became idle or held.
  [[nodiscard]] Duration idle_since() const { return idle_since_; }
  /// Memory it held when it was last measured; 0 before.
  [[nodiscard]] std::uint64_t memory_held() const { return memory_held_; }
  /// Asks the kernel for that figure, and for the peak.
  static Task<> measure(std::shared_ptr<Environment> self);

  // RuntimeHost
  Task<std::optional<Event>> next() override;
  Task<Verdict> respond(std::string request_id, Answer answer) override;
  Task<Verdict> respond_too_large(std::string request_id, std::size_t limit) override;
  std::expected<std::shared_ptr<AnswerStream>, Verdict> stream(const std::string& request_id) override;
  void stream_broke(const std::string& request_id) override;
  Task<Verdict> fail(std::string request_id, RuntimeError error) override;
  Task<Verdict> fail_init(RuntimeError error) override;
  Task<Verdict> restore_next() override;
  Task<Verdict> fail_restore(RuntimeError error) override;
  Task<std::optional<std::string>> credentials(std::string token) override;
  std::shared_ptr<ExtensionsHost> extensions_host() override { return shared_from_this(); }
  std::shared_ptr<TelemetryHost> telemetry_host() override { return shared_from_this(); }

  // ExtensionsHost
  std::shared_ptr<Extensions> extensions() override;
  [[nodiscard]] bool internal_extensions_may_register() const override;
  [[nodiscard]] const Spec& function() const override { return *spec_; }

  // TelemetryHost
  std::optional<std::string> extension_name(std::string_view identifier) override;
  Telemetry& telemetry() override { return *telemetry_; }
  void log_event(const PlatformEvent& event) override { log_->add(event); }
  [[nodiscard]] std::uint16_t runtime_api_port() const override { return policy_.listeners.front().port; }

 private:
  enum class Stage { kInit, kHeld, kRestore, kServing, kEnded };

  /// What END and REPORT will say.
  struct Closing {
    std::string trace_id;
    std::optional<std::chrono::microseconds> init_duration;
    std::optional<std::chrono::microseconds> restore_duration;
    Status status = Status::kSuccess;
    std::string error_type;
  };

  /// Room for one event at a time.
  struct Slot {
    /// The event that waits for the runtime (not delivered) or is being worked on.
    std::shared_ptr<Run> run;
    bool delivered = false;
    /// Its outcome is being put together.
    bool settling = false;
    /// The answer is out; the runtime has not asked for another event since, or extensions still work.
    bool replied = false;
    /// The runtime has asked.
    bool back = false;
    /// The runtime has begun to stream the answer; it broke the stream off.
    bool streaming = false;
    bool broken_off = false;
    Duration started{0};
    Duration replied_at{0};
    std::optional<Duration> deadline;
    std::string last_request_id;
    /// END and REPORT that wait for extensions, which count as part of the invocation.
    std::optional<Closing> closing;
  };

  // environment.cc
  static Task<> live(std::shared_ptr<Environment> self);
  static Task<> apply_cpus(std::shared_ptr<Environment> self);
  static Task<> thaw(std::shared_ptr<Environment> self);
  static Task<int> connect_inside(std::weak_ptr<Environment> environment, std::uint16_t port);
  Task<> process_ended(sandbox::Result result);
  /// The runtime, or an extension, cannot go on: fails what is under way.
  Task<> fail_everything(Ending ending);
  void go_on();

  // environment_phases.cc
  void limit_phase(Duration limit);
  Task<> phase_took_too_long();
  Task<> init_failed(InitFailure failure, Status status);
  void restore_failed(InitFailure failure, Status status);
  /// Initialisation is over, as the runtime asked for its first event or for the restore.
  void init_ended();
  void restore_ended();

  // environment_slots.cc
  Task<std::optional<Duration>> look_at_deadlines();
  Task<> deadline_passed(Slot& slot);
  void set_deadline(Slot& slot, Duration at);
  /// Gives up events that wait in the replied state for a runtime that does not ask for them.
  Task<std::optional<Duration>> look_at_waiting_runs();
  [[nodiscard]] bool has_room(const Slot& slot) const;
  [[nodiscard]] Slot* slot_of(const std::string& request_id);
  [[nodiscard]] bool settling() const;
  /// Slots that a call of /next may wait for.
  [[nodiscard]] std::size_t open_slots() const;
  Event deliver(Slot& slot);
  /// The runtime is back from an invocation, and so are the extensions.
  void slot_freed(Slot& slot);
  void free_slots();
  static std::chrono::microseconds billed_for(std::chrono::microseconds duration, const Closing& closing);
  /// Writes END and REPORT of an invocation that took that long.
  void close(const std::string& request_id, std::chrono::microseconds duration, const Closing& closing);
  /// Ends the invocation in `slot`: writes END and REPORT, and completes `outcome`, of which the caller has
  /// set kind and payload. `status` and `error_type` are REPORT's.
  Task<> settle(Slot& slot, Outcome outcome, Status status, std::string error_type);
  [[nodiscard]] std::chrono::microseconds since(Duration start) const;

  // environment_extensions.cc
  /// Starts the extensions, and the runtime when they have all registered.
  static Task<> launch_extensions(std::shared_ptr<Environment> self, std::vector<std::string> names);
  Task<> launch_extension(std::string name);
  Task<> launch_runtime();
  static Task<> watch_extension(std::shared_ptr<Environment> self, Extensions::Member& member);
  static Task<> watch_runtime(std::shared_ptr<Environment> self);
  static Task<> fail_for_extension(std::shared_ptr<Environment> self, Ending ending);
  void extensions_progressed();
  void extension_failed(const Extensions::Member& member, std::string type, std::string message);
  [[nodiscard]] bool extensions_busy() const { return extensions_ && extensions_->busy(); }
  [[nodiscard]] bool extensions_ready() const { return !extensions_ || extensions_->all_ready(); }
  static Task<> shut_down(std::shared_ptr<Environment> self, ShutdownReason reason);
  Task<> stop_runtime(Duration limit, ShutdownReason reason);
  /// Waits until the runtime, or the sandbox, has ended, but not longer than `until`.
  Task<> runtime_ended(Duration until);
  Task<> extensions_ended(Duration until);
  Task<std::optional<Duration>> wake_waiting();

  Surroundings& around_;
  std::shared_ptr<const Spec> spec_;
  std::shared_ptr<const Runtime> runtime_;
  std::shared_ptr<LogStream> log_;
  std::shared_ptr<Telemetry> telemetry_;
  sandbox::Policy policy_;
  const InitializationType type_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;

  /// Null until there is an extension.
  std::shared_ptr<Extensions> extensions_;
  /// The runtime's process where external extensions run beside it. The sandbox has no main program then: it
  /// is to last until the extensions have ended, too.
  std::unique_ptr<sandbox::Process> runtime_process_;
  bool runtime_process_ended_ = false;

  Stage stage_ = Stage::kInit;
  /// The runtime has asked for its first event, or for the restore.
  bool runtime_ready_ = false;
  bool retiring_ = false;
  bool doomed_ = false;
  bool frozen_ = false;
  bool freezing_ = false;
  InitFailure init_failure_;
  bool init_failed_ = false;
  Duration created_at_{0};
  Duration idle_since_{0};
  Duration restore_began_{0};
  /// Until they have been reported.
  std::optional<std::chrono::microseconds> init_duration_;
  std::optional<std::chrono::microseconds> restore_duration_;
  /// SnapStart: what the runtime shows to have credentials.
  std::string credentials_token_;
  /// The last answer; empty when the next one is to bring new credentials.
  std::string credentials_;
  Duration credentials_made_at_{0};

  std::vector<Slot> slots_;
  /// Calls of /next that wait, the oldest first.
  std::vector<std::uint64_t> waiting_calls_;
  std::uint64_t next_calls_ = 0;
  std::uint64_t peak_memory_ = 0;
  std::uint64_t memory_held_ = 0;
  Duration measured_at_{0};

  /// Of the Init or Restore phase.
  std::optional<Duration> phase_deadline_;
  Alarm alarm_;
  Alarm give_back_;
  /// Wakes who waits in the Shutdown phase.
  Alarm shutdown_limit_;

  Signal event_ready_;
  Signal progress_;
  std::function<void()> remove_endpoint_;
};

}  // namespace martlet::environments
