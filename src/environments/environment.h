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
// invocations. environment_runtime.cc: the side its runtime talks to.

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
#include "environments/environments.h"
#include "environments/log_stream.h"
#include "environments/platform_log.h"
#include "environments/runtime_api.h"
#include "environments/runtimes.h"
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
  /// What carries the answer to Invocation::sink, once it is known that there is one.
  std::shared_ptr<AnswerStream> stream;
};

/// Why initialisation, or a restore, failed.
struct InitFailure {
  Outcome::Kind kind = Outcome::Kind::kInitError;
  std::string error_type;
  /// Error document for the invoker; empty when the platform words it from `message`.
  std::string document;
  std::string message;
};

class Environment final : public RuntimeHost, public std::enable_shared_from_this<Environment> {
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
              std::shared_ptr<const Runtime> runtime, std::shared_ptr<LogStream> log, sandbox::Policy policy);

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
  /// Ends it now.
  void kill();

  [[nodiscard]] State state() const;
  /// Whether begin() may give it an event now, initialisation aside.
  [[nodiscard]] bool takes_events() const;
  /// kill() was called.
  [[nodiscard]] bool ending() const { return doomed_; }
  [[nodiscard]] const std::shared_ptr<const Spec>& spec() const { return spec_; }
  [[nodiscard]] const std::string& tag() const { return policy_.name; }
  /// The variables of its process.
  [[nodiscard]] const std::map<std::string, std::string>& variables() const { return policy_.environment; }
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

 private:
  enum class Phase { kInit, kHeld, kRestore, kServing, kEnded };

  /// Room for one event at a time.
  struct Slot {
    /// The event that waits for the runtime (not delivered) or is being worked on.
    std::shared_ptr<Run> run;
    bool delivered = false;
    /// Its outcome is being put together.
    bool settling = false;
    /// The answer is out; the runtime has not asked for another event since.
    bool replied = false;
    /// The runtime has begun to stream the answer; it broke the stream off.
    bool streaming = false;
    bool broken_off = false;
    Duration started{0};
    Duration replied_at{0};
    std::optional<Duration> deadline;
    std::string last_request_id;
  };

  // environment.cc
  static Task<> live(std::shared_ptr<Environment> self);
  static Task<> apply_cpus(std::shared_ptr<Environment> self);
  static Task<> thaw(std::shared_ptr<Environment> self);
  Task<> process_ended(sandbox::Result result);
  void go_on();

  // environment_phases.cc
  void limit_phase(Duration limit);
  Task<> phase_took_too_long();
  Task<> init_failed(InitFailure failure, std::string status);
  void restore_failed(InitFailure failure, std::string status);
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
  /// The runtime is back from an invocation.
  void slot_freed(Slot& slot);
  /// Ends the invocation in `slot`: writes END and REPORT, and completes `outcome`, of which the caller has
  /// set kind and payload. `status` and `error_type` are REPORT's.
  Task<> settle(Slot& slot, Outcome outcome, std::string status, std::string error_type);
  [[nodiscard]] std::chrono::microseconds since(Duration start) const;

  Surroundings& around_;
  std::shared_ptr<const Spec> spec_;
  std::shared_ptr<const Runtime> runtime_;
  std::shared_ptr<LogStream> log_;
  sandbox::Policy policy_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;

  Phase phase_ = Phase::kInit;
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

  Signal event_ready_;
  Signal progress_;
  std::function<void()> remove_endpoint_;
};

}  // namespace martlet::environments
