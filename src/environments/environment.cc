#include "environments/environment.h"

#include <unistd.h>

#include <cstring>

#include "base/log.h"
#include "environments/policy.h"

namespace martlet::environments {

namespace {

using std::chrono::microseconds;

/// An invocation at least this long waits for the memory it used to be read before its REPORT; after a
/// shorter one the figure is brought up to date behind its back, because asking takes a fair part of such an
/// invocation.
constexpr microseconds kMeasureFrom = std::chrono::milliseconds(2);
constexpr Duration kMeasureInterval = std::chrono::milliseconds(100);

/// A runtime that has answered asks for its next event within this time, unless the function still works.
constexpr Duration kAsksAgainWithin = std::chrono::milliseconds(100);

/// How a process ended, as AWS words it, and what that is to the invoker.
struct Ending {
  Outcome::Kind kind = Outcome::Kind::kCrash;
  std::string error_type = "Runtime.ExitError";
  std::string message = "Runtime exited without providing a reason";
};

std::string signal_name(int number) {
  std::string name = ::strsignal(number) ? ::strsignal(number) : std::to_string(number);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

Ending ending_of(const sandbox::Result& result) {
  using Kind = sandbox::Result::Kind;
  Ending ending;
  const auto signalled = [&](int number) {
    ending.message = "Runtime exited with error: signal: " + signal_name(number);
  };
  switch (result.kind) {
    case Kind::kExited:
      if (result.exit_code != 0)
        ending.message = "Runtime exited with error: exit status " + std::to_string(result.exit_code);
      break;
    case Kind::kSignalled:
      signalled(result.signal);
      break;
    case Kind::kViolation:
      signalled(SIGSYS);
      break;
    case Kind::kKilled:
      signalled(SIGKILL);
      break;
    case Kind::kOutOfMemory:
      ending.kind = Outcome::Kind::kOutOfMemory;
      ending.error_type = "Runtime.OutOfMemory";
      signalled(SIGKILL);
      break;
    case Kind::kSetupError:
      ending.kind = Outcome::Kind::kInitError;
      ending.error_type = "Runtime.InvalidEntrypoint";
      ending.message = result.detail;
      break;
  }
  return ending;
}

}  // namespace

Environment::Environment(Surroundings& surroundings, std::shared_ptr<const Spec> spec,
                         std::shared_ptr<const Runtime> runtime, std::shared_ptr<LogStream> log,
                         sandbox::Policy policy)
    : around_(surroundings),
      spec_(std::move(spec)),
      runtime_(std::move(runtime)),
      log_(std::move(log)),
      telemetry_(std::make_shared<Telemetry>(surroundings.executor, surroundings.clock, surroundings.tasks,
                                             spec_->logging.format)),
      policy_(std::move(policy)),
      alarm_(surroundings.executor, surroundings.clock, [this] { return look_at_deadline(); }),
      give_back_(surroundings.executor, surroundings.clock, [this] { return look_at_waiting_run(); }),
      event_ready_(surroundings.executor),
      progress_(surroundings.executor) {
  log_->set_telemetry(telemetry_);
}

Task<> Environment::start(Duration init_limit) {
  const auto self = shared_from_this();
  created_at_ = around_.clock.elapsed();
  sandbox_ = co_await around_.warden.create(policy_);
  telemetry_->connect_with(
      [weak = weak_from_this()](std::uint16_t port) { return connect_inside(weak, port); });
  log_->attach(sandbox_->take_stdout(), sandbox_->take_stderr());
  around_.runtime_api.attach(sandbox_->take_listener(kRuntimeApiListener), tag(), weak_from_this());
  remove_endpoint_ = around_.adopt_endpoint(sandbox_->take_listener(kEndpointListener), tag());
  around_.tasks.spawn("environment", live(self));
  if (doomed_)
    sandbox_->kill();
  else
    set_deadline(around_.clock.elapsed() + init_limit);
}

Task<> Environment::live(std::shared_ptr<Environment> self) {
  sandbox::Result result = co_await self->sandbox_->wait();
  self->deadline_.reset();
  self->alarm_.cancel();
  self->give_back_.cancel();
  self->peak_memory_ = std::max(self->peak_memory_, result.peak_memory_bytes);
  co_await self->process_ended(std::move(result));
  self->state_ = State::kEnded;
  self->telemetry_->stop();
  self->around_.runtime_api.detach(self->tag());
  if (self->remove_endpoint_) self->remove_endpoint_();
  if (self->run_) {
    self->run_->lost = true;
    self->run_ = nullptr;
  }
  self->event_ready_.notify_all();
  self->progress_.notify_all();
  self->log_->flush();
  self->around_.changed(*self);
}

Task<> Environment::process_ended(sandbox::Result result) {
  while (settling_) co_await progress_.wait();
  const Ending ending = ending_of(result);
  if (result.kind == sandbox::Result::Kind::kSetupError)
    log::error("an environment could not start its program",
               {{"function", spec_->function_arn}, {"detail", result.detail}});
  if (state_ == State::kStarting) {
    if (!init_failed_)
      co_await init_failed(
          {.kind = ending.kind, .error_type = ending.error_type, .document = {}, .message = ending.message},
          Status::kError);
  } else if (run_ && delivered_) {
    const std::string& id = run_->invocation.request_id;
    log_->drain();
    log_->add(Fault{id, ending.message, ending.error_type});
    Outcome outcome{.kind = ending.kind, .payload = platform_error(ending.error_type, id, ending.message)};
    co_await settle(std::move(outcome), Status::kError, ending.error_type);
  } else if (state_ == State::kReplied && !doomed_) {
    log_->drain();
    log_->add(Fault{last_request_id_, ending.message, ending.error_type});
  }
}

Task<> Environment::init_failed(InitFailure failure, Status status) {
  init_failed_ = true;
  init_failure_ = std::move(failure);
  kill();
  log_->drain();
  const bool in_invocation = run_ != nullptr;
  const microseconds took = since(in_invocation ? run_started_ : created_at_);
  const Phase phase = in_invocation ? Phase::kInvoke : Phase::kInit;
  const std::string error_type = status == Status::kTimeout ? "" : init_failure_.error_type;
  log_->add(InitRuntimeDone{.phase = phase, .status = status, .error_type = error_type});
  log_->add(InitReport{.phase = phase, .status = status, .error_type = error_type, .duration = took});
  if (in_invocation) {
    const std::string& id = run_->invocation.request_id;
    if (!init_failure_.message.empty() && status != Status::kTimeout)
      log_->add(Fault{id, init_failure_.message, init_failure_.error_type});
    Outcome outcome{.kind = init_failure_.kind, .payload = init_failure_.document};
    if (outcome.payload.empty())
      outcome.payload = platform_error(init_failure_.error_type, id, init_failure_.message);
    if (status == Status::kTimeout) log_->add(TimedOut{id, spec_->timeout});
    co_await settle(std::move(outcome), status, error_type);
  }
  log_->flush();
  progress_.notify_all();
}

Task<bool> Environment::initialised() {
  const auto self = shared_from_this();
  while (state_ == State::kStarting && !init_failed_) co_await progress_.wait();
  co_return !init_failed_;
}

void Environment::set_deadline(Duration at) {
  deadline_ = at;
  alarm_.at_latest(at);
}

Task<std::optional<Duration>> Environment::look_at_deadline() {
  const auto self = shared_from_this();
  if (!deadline_ || *deadline_ > around_.clock.elapsed()) co_return deadline_;
  deadline_.reset();
  co_await deadline_passed();
  co_return std::nullopt;
}

Task<> Environment::deadline_passed() {
  if (state_ == State::kStarting) {
    const std::string message = run_ ? timeout_message(spec_->timeout) : "Initialisation took too long";
    co_await init_failed({.kind = Outcome::Kind::kTimeout,
                          .error_type = "Sandbox.Timedout",
                          .document = {},
                          .message = message},
                         Status::kTimeout);
    co_return;
  }
  kill();
  log_->drain();
  if (run_ && delivered_) {
    const std::string& id = run_->invocation.request_id;
    log_->add(TimedOut{id, spec_->timeout});
    Outcome outcome{.kind = Outcome::Kind::kTimeout,
                    .payload = platform_error("Sandbox.Timedout", id, timeout_message(spec_->timeout))};
    co_await settle(std::move(outcome), Status::kTimeout, "");
  } else {
    log_->add(TimedOut{last_request_id_, spec_->timeout});
  }
}

void Environment::begin(std::shared_ptr<Run> run) {
  run_ = std::move(run);
  delivered_ = false;
  if (state_ == State::kStarting) {
    run_started_ = around_.clock.elapsed();
    log_->begin_tail();
    log_->add(Start{run_->invocation.request_id, spec_->version, run_->invocation.trace_id});
    return;
  }
  if (state_ == State::kReplied) {
    // next() will take it, unless the function goes on working.
    give_back_.at_latest(replied_at_ + kAsksAgainWithin);
    return;
  }
  state_ = State::kBusy;
  event_ready_.notify_all();
  if (frozen()) around_.tasks.spawn("thaw", thaw(shared_from_this()));
}

Task<std::optional<Duration>> Environment::look_at_waiting_run() {
  if (!run_ || delivered_ || state_ != State::kReplied) co_return std::nullopt;
  const Duration until = replied_at_ + kAsksAgainWithin;
  if (around_.clock.elapsed() < until) co_return until;
  std::exchange(run_, nullptr)->lost = true;
  progress_.notify_all();
  co_return std::nullopt;
}

Task<> Environment::finished(std::shared_ptr<Run> run) {
  const auto self = shared_from_this();
  while (!run->outcome && !run->lost) co_await progress_.wait();
}

Task<> Environment::settle(Outcome outcome, Status status, std::string error_type) {
  const auto self = shared_from_this();
  const auto run = std::exchange(run_, nullptr);
  const std::string& id = run->invocation.request_id;
  state_ = State::kReplied;
  settling_ = true;
  outcome.duration = status == Status::kTimeout ? microseconds(spec_->timeout) : since(run_started_);
  log_->drain();
  if (peak_memory_ == 0 || outcome.duration >= kMeasureFrom)
    co_await measure(self);
  else if (around_.clock.elapsed() - measured_at_ >= kMeasureInterval)
    around_.tasks.spawn("measure", measure(self));

  outcome.init_duration = std::exchange(init_duration_, std::nullopt);
  outcome.billed_duration = billed(outcome.duration, outcome.init_duration.value_or(microseconds(0)));
  outcome.peak_memory_bytes = peak_memory_;
  const std::string& trace = run->invocation.trace_id;
  log_->add(RuntimeDone{.request_id = id,
                        .status = status,
                        .error_type = error_type,
                        .duration = outcome.duration,
                        .produced_bytes = outcome.payload.size(),
                        .trace = trace});
  log_->add(End{id});
  log_->add(Report{.request_id = id,
                   .duration = outcome.duration,
                   .billed_duration = outcome.billed_duration,
                   .memory_mb = spec_->memory_mb,
                   .peak_memory_bytes = peak_memory_,
                   .init_duration = outcome.init_duration,
                   .status = status,
                   .error_type = error_type,
                   .trace = trace});
  outcome.log_tail = log_->tail();
  last_request_id_ = id;
  run->outcome = std::move(outcome);
  settling_ = false;
  replied_at_ = around_.clock.elapsed();
  progress_.notify_all();
  log_->flush();
}

Task<> Environment::measure(std::shared_ptr<Environment> self) {
  if (self->doomed_) co_return;
  self->measured_at_ = self->around_.clock.elapsed();
  try {
    const sandbox::Usage usage = co_await self->sandbox_->usage();
    self->peak_memory_ = std::max({self->peak_memory_, usage.peak_memory_bytes, usage.memory_bytes});
  } catch (const std::exception&) {
    // It has just ended; its result brings the figure.
  }
}

Task<> Environment::apply_cpus(std::shared_ptr<Environment> self) {
  co_await self->sandbox_->set_cpus(cpus_for(self->spec_->memory_mb));
}

Task<> Environment::freeze(std::shared_ptr<Environment> self) {
  if (self->state_ != State::kIdle || self->frozen()) co_return;
  self->freezing_ = true;
  self->telemetry_->pause();
  try {
    co_await self->sandbox_->freeze();
    self->frozen_ = true;
  } catch (const std::exception& error) {
    log::warning("an idle environment could not be frozen", {{"error", error.what()}});
  }
  if (!self->frozen_) self->telemetry_->resume();
  self->freezing_ = false;
  self->progress_.notify_all();
}

Task<> Environment::thaw(std::shared_ptr<Environment> self) {
  while (self->freezing_) co_await self->progress_.wait();
  if (std::exchange(self->frozen_, false)) co_await self->sandbox_->thaw();
  self->telemetry_->resume();
}

Task<int> Environment::connect_inside(std::weak_ptr<Environment> environment, std::uint16_t port) {
  const auto self = environment.lock();
  if (!self || self->state_ == State::kEnded) throw std::runtime_error("the environment has ended");
  co_return co_await self->sandbox_->connect(port);
}

void Environment::retire() {
  retiring_ = true;
  if (state_ == State::kIdle) kill();
}

void Environment::kill() {
  doomed_ = true;
  if (sandbox_) sandbox_->kill();
  event_ready_.notify_all();
}

bool Environment::takes_events() const {
  if (doomed_ || retiring_ || settling_ || run_) return false;
  if (state_ == State::kReplied) return around_.clock.elapsed() - replied_at_ < kAsksAgainWithin;
  return state_ == State::kIdle;
}

microseconds Environment::since(Duration start) const {
  return std::chrono::duration_cast<microseconds>(around_.clock.elapsed() - start);
}

}  // namespace martlet::environments
