#include "environments/environment.h"

#include <algorithm>

#include "base/log.h"
#include "environments/credentials_endpoint.h"
#include "environments/ending.h"
#include "environments/policy.h"

namespace martlet::environments {

Environment::Environment(Surroundings& surroundings, std::shared_ptr<const Spec> spec,
                         std::shared_ptr<const Runtime> runtime, std::shared_ptr<LogStream> log,
                         sandbox::Policy policy, InitializationType type)
    : around_(surroundings),
      spec_(std::move(spec)),
      runtime_(std::move(runtime)),
      log_(std::move(log)),
      telemetry_(std::make_shared<Telemetry>(surroundings.executor, surroundings.clock, surroundings.tasks,
                                             spec_->logging.format)),
      policy_(std::move(policy)),
      type_(spec_->snap_start ? InitializationType::kSnapStart : type),
      slots_(std::max<std::size_t>(spec_->concurrency, 1)),
      alarm_(surroundings.executor, surroundings.clock, [this] { return look_at_deadlines(); }),
      give_back_(surroundings.executor, surroundings.clock, [this] { return look_at_waiting_runs(); }),
      shutdown_limit_(surroundings.executor, surroundings.clock, [this] { return wake_waiting(); }),
      event_ready_(surroundings.executor),
      progress_(surroundings.executor) {
  log_->set_telemetry(telemetry_);
  waiting_calls_.reserve(slots_.size() + 1);
  if (spec_->snap_start) credentials_token_ = use_credentials_endpoint(policy_.environment);
}

Task<> Environment::start(Duration init_limit, std::unique_ptr<sandbox::Sandbox> ready) {
  const auto self = shared_from_this();
  created_at_ = around_.clock.elapsed();
  // A pre-booted one has its main program already, and so no external extensions.
  std::vector<std::string> extensions;
  if (!ready) extensions = external_extensions_of(*spec_);
  if (ready) {
    sandbox_ = std::move(ready);
    around_.runtime_api.hand_over(tag(), weak_from_this());
  } else {
    sandbox::Policy policy = policy_;
    if (!extensions.empty()) policy.command.clear();
    sandbox_ = co_await around_.warden.create(std::move(policy));
    around_.runtime_api.attach(sandbox_->take_listener(kRuntimeApiListener), tag(), weak_from_this());
  }
  telemetry_->connect_with(
      [weak = weak_from_this()](std::uint16_t port) { return connect_inside(weak, port); });
  if (extensions.empty()) log_->attach(sandbox_->take_stdout(), sandbox_->take_stderr());
  remove_endpoint_ = around_.adopt_endpoint(sandbox_->take_listener(kEndpointListener), tag());
  around_.tasks.spawn("environment", live(self));
  if (doomed_)
    sandbox_->kill();
  else
    limit_phase(init_limit);
  if (!extensions.empty()) around_.tasks.spawn("extensions", launch_extensions(self, std::move(extensions)));
}

Task<> Environment::live(std::shared_ptr<Environment> self) {
  sandbox::Result result = co_await self->sandbox_->wait();
  self->phase_deadline_.reset();
  for (Slot& slot : self->slots_) slot.deadline.reset();
  self->alarm_.cancel();
  self->give_back_.cancel();
  self->peak_memory_ = std::max(self->peak_memory_, result.peak_memory_bytes);
  co_await self->process_ended(std::move(result));
  self->stage_ = Stage::kEnded;
  self->telemetry_->stop();
  self->around_.runtime_api.detach(self->tag());
  if (self->remove_endpoint_) self->remove_endpoint_();
  for (Slot& slot : self->slots_)
    if (const auto run = std::exchange(slot.run, nullptr)) run->lost = true;
  self->event_ready_.notify_all();
  self->progress_.notify_all();
  self->log_->flush();
  self->around_.changed(*self);
}

Task<> Environment::process_ended(sandbox::Result result) {
  while (settling()) co_await progress_.wait();
  const Ending ending = ending_of(result);
  if (result.kind == sandbox::Result::Kind::kSetupError)
    log::error("an environment could not start its program",
               {{"function", spec_->function_arn}, {"detail", result.detail}});
  co_await fail_everything(ending);
}

Task<> Environment::fail_everything(Ending ending) {
  const InitFailure failure{
      .kind = ending.kind, .error_type = ending.error_type, .document = {}, .message = ending.message};
  if (stage_ == Stage::kInit && !init_failed_) co_await init_failed(failure, Status::kError);
  if (stage_ == Stage::kRestore && !init_failed_) restore_failed(failure, Status::kError);
  for (Slot& slot : slots_) {
    if (slot.run && slot.delivered) {
      const std::string id = slot.run->invocation.request_id;
      log_->drain();
      log_->add(Fault{id, ending.message, ending.error_type});
      Outcome outcome{.kind = ending.kind, .payload = platform_error(ending.error_type, id, ending.message)};
      co_await settle(slot, std::move(outcome), Status::kError, ending.error_type);
    } else if (slot.replied) {
      if (doomed_ && !slot.closing) continue;
      log_->drain();
      if (!doomed_) log_->add(Fault{slot.last_request_id, ending.message, ending.error_type});
      if (auto closing = std::exchange(slot.closing, std::nullopt)) {
        closing->status = Status::kError;
        closing->error_type = ending.error_type;
        close(slot.last_request_id, since(slot.started), *closing);
      }
    }
  }
}

Task<> Environment::apply_cpus(std::shared_ptr<Environment> self) {
  co_await self->sandbox_->set_cpus(cpus_for(self->spec_->memory_mb));
}

Task<> Environment::freeze(std::shared_ptr<Environment> self) {
  const State state = self->state();
  if ((state != State::kIdle && state != State::kHeld) || self->frozen()) co_return;
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
  if (!self || self->stage_ == Stage::kEnded) throw std::runtime_error("the environment has ended");
  co_return co_await self->sandbox_->connect(port);
}

void Environment::go_on() {
  if (frozen()) around_.tasks.spawn("thaw", thaw(shared_from_this()));
}

void Environment::retire() {
  retiring_ = true;
  const State now = state();
  if (now == State::kIdle || now == State::kHeld) kill();
}

void Environment::kill(ShutdownReason reason) {
  const bool first = !std::exchange(doomed_, true);
  event_ready_.notify_all();
  if (!sandbox_) return;
  if (!extensions_ || extensions_->members().empty())
    sandbox_->kill();
  else if (first)
    around_.tasks.spawn("shutdown", shut_down(shared_from_this(), reason));
}

Environment::State Environment::state() const {
  switch (stage_) {
    case Stage::kInit:
      return State::kStarting;
    case Stage::kHeld:
      return State::kHeld;
    case Stage::kRestore:
      return State::kRestoring;
    case Stage::kEnded:
      return State::kEnded;
    case Stage::kServing:
      break;
  }
  State state = State::kIdle;
  for (const Slot& slot : slots_) {
    if (slot.replied || slot.settling)
      state = State::kReplied;
    else if (slot.run)
      return State::kBusy;
  }
  return state;
}

std::chrono::microseconds Environment::since(Duration start) const {
  return std::chrono::duration_cast<std::chrono::microseconds>(around_.clock.elapsed() - start);
}

}  // namespace martlet::environments
