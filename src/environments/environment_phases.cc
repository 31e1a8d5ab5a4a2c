// The Init and Restore phases of an Environment.

#include "environments/environment.h"

namespace martlet::environments {

namespace {

/// AWS's limit of the Restore phase.
constexpr Duration kRestoreLimit = std::chrono::seconds(10);

}  // namespace

void Environment::limit_phase(Duration limit) {
  phase_deadline_ = around_.clock.elapsed() + limit;
  alarm_.at_latest(*phase_deadline_);
}

Task<> Environment::phase_took_too_long() {
  if (stage_ == Stage::kRestore) {
    restore_failed({.kind = Outcome::Kind::kRestoreTimeout,
                    .error_type = "Lambda.SnapStartTimeoutException",
                    .document = {},
                    .message = "Lambda couldn't restore the snapshot within the timeout limit"},
                   Status::kTimeout);
    co_return;
  }
  const std::string message =
      slots_.front().run ? timeout_message(spec_->timeout) : "Initialisation took too long";
  co_await init_failed(
      {.kind = Outcome::Kind::kTimeout, .error_type = "Sandbox.Timedout", .document = {}, .message = message},
      Status::kTimeout);
}

Task<> Environment::init_failed(InitFailure failure, Status status) {
  init_failed_ = true;
  init_failure_ = std::move(failure);
  kill(status == Status::kTimeout ? ShutdownReason::kTimeout : ShutdownReason::kFailure);
  log_->drain();
  Slot& slot = slots_.front();
  const bool in_invocation = slot.run != nullptr;
  const auto took = since(in_invocation ? slot.started : created_at_);
  const Phase phase = in_invocation ? Phase::kInvoke : Phase::kInit;
  const std::string error_type = status == Status::kTimeout ? "" : init_failure_.error_type;
  log_->add(InitRuntimeDone{
      .initialization_type = type_, .phase = phase, .status = status, .error_type = error_type});
  log_->add(InitReport{.initialization_type = type_,
                       .phase = phase,
                       .status = status,
                       .error_type = error_type,
                       .duration = took});
  if (in_invocation) {
    const std::string id = slot.run->invocation.request_id;
    if (!init_failure_.message.empty() && status != Status::kTimeout)
      log_->add(Fault{id, init_failure_.message, init_failure_.error_type});
    Outcome outcome{.kind = init_failure_.kind, .payload = init_failure_.document};
    if (outcome.payload.empty())
      outcome.payload = platform_error(init_failure_.error_type, id, init_failure_.message);
    if (status == Status::kTimeout) log_->add(TimedOut{id, spec_->timeout});
    co_await settle(slot, std::move(outcome), status, error_type);
  }
  log_->flush();
  progress_.notify_all();
}

Task<bool> Environment::initialised() {
  const auto self = shared_from_this();
  while (stage_ == Stage::kInit && !init_failed_) co_await progress_.wait();
  co_return !init_failed_;
}

void Environment::init_ended() {
  around_.tasks.spawn("set cpus", apply_cpus(shared_from_this()));
  const auto took = since(created_at_);
  const Phase phase = slots_.front().run ? Phase::kInvoke : Phase::kInit;
  log_->add(InitRuntimeDone{.initialization_type = type_, .phase = phase});
  log_->add(InitReport{.initialization_type = type_, .phase = phase, .duration = took});
  telemetry_->close_subscriptions();
  if (extensions_)
    for (const Extensions::Member& member : extensions_->members())
      log_->add(Extension{.name = member.name, .state = "Ready", .events = member.events});
  // An event that is waiting already takes over the limit: its timeout began when initialisation did.
  if (Slot& slot = slots_.front(); slot.run) {
    slot.deadline = std::exchange(phase_deadline_, std::nullopt);
    stage_ = Stage::kServing;
    progress_.notify_all();
    return;
  }
  phase_deadline_.reset();
  if (spec_->snap_start) {
    log_->flush();
    stage_ = Stage::kHeld;
  } else {
    // What was initialised ahead of any invocation is no part of one.
    if (type_ == InitializationType::kOnDemand) init_duration_ = took;
    stage_ = Stage::kServing;
  }
  idle_since_ = around_.clock.elapsed();
  progress_.notify_all();
  around_.changed(*this);
}

Task<bool> Environment::restore() {
  const auto self = shared_from_this();
  if (stage_ != Stage::kHeld || doomed_) co_return false;
  stage_ = Stage::kRestore;
  restore_began_ = around_.clock.elapsed();
  limit_phase(kRestoreLimit);
  credentials_.clear();
  log_->add(RestoreStart{.runtime_version = runtime_->version,
                         .region = spec_->region,
                         .function_name = spec_->function_name,
                         .function_version = spec_->version,
                         .instance_id = log_->name(),
                         .memory_mb = spec_->memory_mb});
  go_on();
  progress_.notify_all();
  // A runtime without hooks never asked for the restore and waits for its event already.
  if (!waiting_calls_.empty()) restore_ended();
  while (stage_ == Stage::kRestore && !init_failed_) co_await progress_.wait();
  co_return !init_failed_ && stage_ == Stage::kServing;
}

void Environment::restore_ended() {
  phase_deadline_.reset();
  restore_duration_ = since(restore_began_);
  log_->drain();
  log_->add(RestoreRuntimeDone{});
  log_->add(RestoreReport{.duration = *restore_duration_});
  stage_ = Stage::kServing;
  idle_since_ = around_.clock.elapsed();
  progress_.notify_all();
}

void Environment::restore_failed(InitFailure failure, Status status) {
  init_failed_ = true;
  init_failure_ = std::move(failure);
  kill(status == Status::kTimeout ? ShutdownReason::kTimeout : ShutdownReason::kFailure);
  log_->drain();
  const std::string error_type = status == Status::kTimeout ? "" : init_failure_.error_type;
  log_->add(RestoreRuntimeDone{.status = status, .error_type = error_type});
  log_->add(RestoreReport{.duration = since(restore_began_), .status = status, .error_type = error_type});
  log_->flush();
  progress_.notify_all();
}

}  // namespace martlet::environments
