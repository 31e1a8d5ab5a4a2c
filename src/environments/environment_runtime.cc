// The side of an Environment that its runtime talks to.

#include "environments/environment.h"

#include <algorithm>

namespace martlet::environments {

namespace {

/// A header's value: JSON may be written over several lines, a header may not.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

}  // namespace

Task<std::optional<Event>> Environment::next() {
  while (settling_) co_await progress_.wait();
  if (state_ == State::kEnded || (state_ == State::kBusy && delivered_)) co_return std::nullopt;
  const std::uint64_t ticket = ++next_calls_;
  event_ready_.notify_all();  // an older call that still waits gives way
  if (!doomed_) became_ready();
  // A runtime that is being killed is kept waiting: an answer, or none, would only make it print an error.
  while (state_ != State::kEnded && ticket == next_calls_) {
    if (!doomed_ && run_ && !delivered_) co_return deliver();
    co_await event_ready_.wait();
  }
  co_return std::nullopt;
}

void Environment::became_ready() {
  const bool initialising = state_ == State::kStarting;
  if (initialising && !run_) init_duration_ = since(created_at_);
  if (initialising) {
    around_.tasks.spawn("set cpus", apply_cpus(shared_from_this()));
    const Phase phase = run_ ? Phase::kInvoke : Phase::kInit;
    log_->add(InitRuntimeDone{.phase = phase});
    log_->add(InitReport{.phase = phase, .duration = since(created_at_)});
    telemetry_->close_subscriptions();
  }
  if (run_) return;  // deliver() takes over
  deadline_.reset();
  state_ = State::kIdle;
  idle_since_ = around_.clock.elapsed();
  if (initialising) progress_.notify_all();
  if (retiring_ && !initialising) return kill();
  around_.changed(*this);
}

Event Environment::deliver() {
  delivered_ = true;
  const Invocation& invocation = run_->invocation;
  const Duration now = around_.clock.elapsed();
  if (state_ == State::kStarting) {
    // START was written and the timeout began when initialisation did.
    state_ = State::kBusy;
    progress_.notify_all();
  } else {
    state_ = State::kBusy;
    run_started_ = now;
    set_deadline(now + spec_->timeout);
    log_->begin_tail();
    log_->add(Start{invocation.request_id, spec_->version, invocation.trace_id});
  }
  // The function compares this with the machine's clock, which a test's jump in time does not move.
  const auto left = *deadline_ - now;
  const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch() + left);
  Event event{.headers = {{"Lambda-Runtime-Aws-Request-Id", invocation.request_id},
                          {"Lambda-Runtime-Deadline-Ms", std::to_string(deadline.count())},
                          {"Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_function_arn}},
              .payload = std::move(run_->invocation.payload)};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) event.headers.add(name, one_line(value));
  };
  add("Lambda-Runtime-Trace-Id", invocation.trace_id);
  add("Lambda-Runtime-Client-Context", invocation.client_context);
  add("Lambda-Runtime-Cognito-Identity", invocation.cognito_identity);
  return event;
}

bool Environment::runs(const std::string& request_id) const {
  return !doomed_ && run_ && delivered_ && run_->invocation.request_id == request_id;
}

Task<Verdict> Environment::respond(std::string request_id, std::string payload) {
  if (!runs(request_id)) co_return Verdict::kUnknownRequest;
  co_await settle({.kind = Outcome::Kind::kSuccess, .payload = std::move(payload)}, Status::kSuccess, "");
  co_return Verdict::kAccepted;
}

Task<Verdict> Environment::respond_too_large(std::string request_id) {
  if (!runs(request_id)) co_return Verdict::kUnknownRequest;
  Outcome outcome{.kind = Outcome::Kind::kHandledError,
                  .payload = error_document("Function.ResponseSizeTooLarge",
                                            "Response payload size exceeded maximum allowed payload size (" +
                                                std::to_string(kMaxResponseBytes) + " bytes).")};
  co_await settle(std::move(outcome), Status::kFailure, "Function.ResponseSizeTooLarge");
  co_return Verdict::kAccepted;
}

Task<Verdict> Environment::fail(std::string request_id, RuntimeError error) {
  if (!runs(request_id)) co_return Verdict::kUnknownRequest;
  Outcome outcome{.kind = Outcome::Kind::kHandledError, .payload = std::move(error.document)};
  co_await settle(std::move(outcome), Status::kFailure, std::move(error.type));
  co_return Verdict::kAccepted;
}

Task<Verdict> Environment::fail_init(RuntimeError error) {
  if (state_ != State::kStarting || init_failed_) co_return Verdict::kWrongState;
  const std::string type = error.type.empty() ? "Runtime.Unknown" : std::move(error.type);
  co_await init_failed({.kind = Outcome::Kind::kInitError,
                        .error_type = type,
                        .document = std::move(error.document),
                        .message = {}},
                       Status::kError);
  co_return Verdict::kAccepted;
}

}  // namespace martlet::environments
