// The invocations of an Environment: its slots, their deadlines and outcomes.

#include <algorithm>

#include "environments/environment.h"

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

/// A header's value: JSON may be written over several lines, a header may not.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

}  // namespace

bool Environment::has_room(const Slot& slot) const {
  if (slot.run || slot.settling) return false;
  return !slot.replied || around_.clock.elapsed() - slot.replied_at < kAsksAgainWithin;
}

bool Environment::takes_events() const {
  if (doomed_ || retiring_ || stage_ != Stage::kServing) return false;
  std::size_t calls = waiting_calls_.size();
  bool room = false;
  for (const Slot& slot : slots_) {
    if (slot.run && !slot.delivered && !slot.replied && calls > 0) --calls;
    if (has_room(slot) && slot.replied) return true;
    room = room || has_room(slot);
  }
  return room && calls > 0;
}

void Environment::begin(std::shared_ptr<Run> run) {
  Slot* chosen = &slots_.front();
  for (Slot& slot : slots_)
    if (has_room(slot) && (!has_room(*chosen) || (chosen->replied && !slot.replied))) chosen = &slot;
  chosen->run = std::move(run);
  chosen->delivered = false;
  if (stage_ == Stage::kInit) {
    chosen->started = around_.clock.elapsed();
    log_->begin_tail();
    log_->add(Start{chosen->run->invocation.request_id, spec_->version, chosen->run->invocation.trace_id,
                    spec_->tenant_id});
    return;
  }
  if (chosen->replied) {
    // next() will take it, unless the function goes on working.
    give_back_.at_latest(chosen->replied_at + kAsksAgainWithin);
    return;
  }
  event_ready_.notify_all();
  go_on();
}

Task<std::optional<Duration>> Environment::look_at_waiting_runs() {
  std::optional<Duration> next;
  for (Slot& slot : slots_) {
    if (!slot.run || slot.delivered || !slot.replied) continue;
    const Duration until = slot.replied_at + kAsksAgainWithin;
    if (around_.clock.elapsed() < until) {
      next = std::min(next.value_or(until), until);
      continue;
    }
    std::exchange(slot.run, nullptr)->lost = true;
    progress_.notify_all();
  }
  co_return next;
}

Task<> Environment::finished(std::shared_ptr<Run> run) {
  const auto self = shared_from_this();
  while (!run->outcome && !run->lost) co_await progress_.wait();
  if (const auto stream = run->stream) co_await stream->drained();
}

Environment::Slot* Environment::slot_of(const std::string& request_id) {
  if (doomed_) return nullptr;
  for (Slot& slot : slots_)
    if (slot.run && slot.delivered && slot.run->invocation.request_id == request_id) return &slot;
  return nullptr;
}

bool Environment::settling() const { return std::ranges::any_of(slots_, &Slot::settling); }

std::size_t Environment::open_slots() const {
  return static_cast<std::size_t>(std::ranges::count_if(slots_, [](const Slot& slot) {
    return (!slot.replied || slot.back) && !slot.settling && !(slot.run && slot.delivered);
  }));
}

void Environment::free_slots() {
  if (extensions_busy()) return;
  for (Slot& slot : slots_)
    if (slot.replied && slot.back) slot_freed(slot);
}

void Environment::slot_freed(Slot& slot) {
  slot.replied = false;
  slot.back = false;
  if (const auto closing = std::exchange(slot.closing, std::nullopt)) {
    log_->drain();
    close(slot.last_request_id, since(slot.started), *closing);
    log_->flush();
  }
  slot.deadline.reset();
  if (slot.run) return;  // next() takes it
  const bool idle = state() == State::kIdle;
  if (idle) idle_since_ = around_.clock.elapsed();
  if (idle && retiring_) return kill();
  around_.changed(*this);
}

Event Environment::deliver(Slot& slot) {
  const Invocation& invocation = slot.run->invocation;
  const Duration now = around_.clock.elapsed();
  slot.delivered = true;
  slot.streaming = false;
  slot.broken_off = false;
  if (!slot.deadline) {
    // Else START was written and the timeout began when initialisation did.
    slot.started = now;
    set_deadline(slot, now + spec_->timeout);
    log_->begin_tail();
    log_->add(Start{invocation.request_id, spec_->version, invocation.trace_id, spec_->tenant_id});
  }
  // The function compares this with the machine's clock, which a test's jump in time does not move.
  const auto left = *slot.deadline - now;
  const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch() + left);
  if (extensions_)
    extensions_->post_invoke({.deadline_ms = deadline.count(),
                              .request_id = invocation.request_id,
                              .invoked_function_arn = invocation.invoked_function_arn,
                              .trace_id = invocation.trace_id});
  Event event{.headers = {{"Lambda-Runtime-Aws-Request-Id", invocation.request_id},
                          {"Lambda-Runtime-Deadline-Ms", std::to_string(deadline.count())},
                          {"Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_function_arn}},
              .payload = std::move(slot.run->invocation.payload)};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) event.headers.add(name, one_line(value));
  };
  add("Lambda-Runtime-Trace-Id", invocation.trace_id);
  add("Lambda-Runtime-Client-Context", invocation.client_context);
  add("Lambda-Runtime-Cognito-Identity", invocation.cognito_identity);
  add("Lambda-Runtime-Aws-Tenant-Id", spec_->tenant_id);
  return event;
}

void Environment::set_deadline(Slot& slot, Duration at) {
  slot.deadline = at;
  alarm_.at_latest(at);
}

Task<std::optional<Duration>> Environment::look_at_deadlines() {
  const auto self = shared_from_this();
  const Duration now = around_.clock.elapsed();
  std::optional<Duration> next = phase_deadline_;
  if (phase_deadline_ && *phase_deadline_ <= now) {
    phase_deadline_.reset();
    co_await phase_took_too_long();
    co_return std::nullopt;
  }
  for (Slot& slot : slots_) {
    if (!slot.deadline) continue;
    if (*slot.deadline <= now) {
      slot.deadline.reset();
      co_await deadline_passed(slot);
      co_return std::nullopt;
    }
    next = std::min(next.value_or(*slot.deadline), *slot.deadline);
  }
  co_return next;
}

Task<> Environment::deadline_passed(Slot& slot) {
  // REPORT tells what it held, which cannot be asked for once it is gone.
  const auto run = slot.run;
  co_await measure(shared_from_this());
  if (slot.run != run && !doomed_) {
    // It has answered at the last moment; should it go on working, that is over now.
    if (slot.replied) set_deadline(slot, around_.clock.elapsed());
    co_return;
  }
  kill(ShutdownReason::kTimeout);
  log_->drain();
  if (slot.run && slot.delivered) {
    const std::string id = slot.run->invocation.request_id;
    log_->add(TimedOut{id, spec_->timeout});
    Outcome outcome{.kind = Outcome::Kind::kTimeout,
                    .payload = platform_error("Sandbox.Timedout", id, timeout_message(spec_->timeout))};
    co_await settle(slot, std::move(outcome), Status::kTimeout, "");
  } else {
    log_->add(TimedOut{slot.last_request_id, spec_->timeout});
    if (auto closing = std::exchange(slot.closing, std::nullopt)) {
      closing->status = Status::kTimeout;
      close(slot.last_request_id, spec_->timeout, *closing);
    }
    log_->flush();
  }
}

Task<> Environment::settle(Slot& slot, Outcome outcome, Status status, std::string error_type) {
  const auto self = shared_from_this();
  const auto run = std::exchange(slot.run, nullptr);
  const std::string& id = run->invocation.request_id;
  slot.replied = true;
  slot.settling = true;
  if (run->stream) {
    outcome.streamed = run->stream->begun();
    run->stream->close();
  }
  outcome.duration = status == Status::kTimeout ? microseconds(spec_->timeout) : since(slot.started);
  log_->drain();
  if (peak_memory_ == 0 || outcome.duration >= kMeasureFrom)
    co_await measure(self);
  else if (around_.clock.elapsed() - measured_at_ >= kMeasureInterval)
    around_.tasks.spawn("measure", measure(self));

  outcome.init_duration = std::exchange(init_duration_, std::nullopt);
  outcome.restore_duration = std::exchange(restore_duration_, std::nullopt);
  outcome.peak_memory_bytes = peak_memory_;
  Closing closing{.trace_id = std::move(run->invocation.trace_id),
                  .init_duration = outcome.init_duration,
                  .restore_duration = outcome.restore_duration,
                  .status = status,
                  .error_type = std::move(error_type)};
  log_->add(RuntimeDone{.request_id = id,
                        .status = status,
                        .error_type = closing.error_type,
                        .duration = outcome.duration,
                        .produced_bytes = outcome.payload.size(),
                        .trace = closing.trace_id,
                        .tenant_id = spec_->tenant_id});
  outcome.billed_duration = billed_for(outcome.duration, closing);
  if (extensions_busy() && !doomed_)
    slot.closing = std::move(closing);
  else
    close(id, outcome.duration, closing);
  outcome.log_tail = log_->tail();
  slot.last_request_id = id;
  run->outcome = std::move(outcome);
  slot.settling = false;
  slot.replied_at = around_.clock.elapsed();
  progress_.notify_all();
  log_->flush();
}

std::chrono::microseconds Environment::billed_for(microseconds duration, const Closing& closing) {
  const microseconds restore =
      closing.restore_duration ? billed(*closing.restore_duration, {}) : microseconds(0);
  return billed(duration, closing.init_duration.value_or(microseconds(0)) + restore);
}

void Environment::close(const std::string& request_id, microseconds duration, const Closing& closing) {
  log_->add(End{request_id});
  Report report{.request_id = request_id,
                .duration = duration,
                .billed_duration = billed_for(duration, closing),
                .memory_mb = spec_->memory_mb,
                .peak_memory_bytes = peak_memory_,
                .init_duration = closing.init_duration,
                .restore_duration = closing.restore_duration,
                .status = closing.status,
                .error_type = closing.error_type,
                .trace = closing.trace_id,
                .tenant_id = spec_->tenant_id};
  if (closing.restore_duration) report.billed_restore_duration = billed(*closing.restore_duration, {});
  log_->add(report);
}

Task<> Environment::measure(std::shared_ptr<Environment> self) {
  if (self->doomed_) co_return;
  self->measured_at_ = self->around_.clock.elapsed();
  try {
    const sandbox::Usage usage = co_await self->sandbox_->usage();
    self->memory_held_ = usage.memory_bytes;
    self->peak_memory_ = std::max({self->peak_memory_, usage.peak_memory_bytes, usage.memory_bytes});
  } catch (const std::exception&) {
    // It has just ended; its result brings the figure.
  }
}

}  // namespace martlet::environments
