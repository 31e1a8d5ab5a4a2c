// The way of an invocation to an environment.

#include "environments/fleet_impl.h"

namespace martlet::environments {

namespace {

/// How often an event that no function has seen is given to another environment.
constexpr int kMaxAttempts = 3;

}  // namespace

Task<Outcome> Fleet::Impl::invoke(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                                  Invocation invocation) {
  ++self->invocations;
  const auto runtime = self->runtimes.find(spec->runtime);
  if (!runtime) {
    ++self->failures;
    co_return Outcome{.kind = Outcome::Kind::kInvalidRuntime,
                      .payload = error_document("InvalidRuntimeException", runtime.error())};
  }
  const auto run = std::make_shared<SeatedRun>();
  run->invocation = std::move(invocation);
  const auto use = self->roster.offers_provisioned(spec.get()) ? Concurrency::Use::kProvisioned
                                                               : Concurrency::Use::kOnDemand;
  if (auto seat = self->concurrency.enter(spec->function_arn, use))
    run->seat = std::move(*seat);
  else
    self->throttle(*run, seat.error());
  if (!run->outcome) {
    if (const auto environment = self->roster.take(spec.get())) {
      environment->begin(run);
      co_await environment->finished(run);
    }
  }
  if (!run->outcome) {
    // Work of its own, which goes on when the caller leaves.
    const auto dispatch = std::make_shared<Dispatch>(self->executor);
    self->tasks.spawn("dispatch", guard(self, spec, *runtime, run, dispatch));
    while (!dispatch->done) co_await dispatch->ended.wait();
    if (dispatch->failure) std::rethrow_exception(dispatch->failure);
  }
  run->seat.release();
  if (!run->outcome->succeeded()) ++self->failures;
  co_return std::move(*run->outcome);
}

Task<> Fleet::Impl::guard(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                          std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run,
                          std::shared_ptr<Dispatch> dispatch) {
  try {
    co_await deliver(self, spec, runtime, run);
  } catch (...) {
    dispatch->failure = std::current_exception();
  }
  dispatch->done = true;
  dispatch->ended.notify_all();
}

Task<> Fleet::Impl::deliver(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                            std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run) {
  const Duration give_up_at = self->clock.elapsed() + self->options.patience;
  int attempts = 0;
  while (!run->outcome) {
    run->lost = false;
    if (self->stopping || (attempts == 0 && self->clock.elapsed() >= give_up_at)) {
      self->throttle(*run, ThrottleReason::kConcurrentInvocationLimitExceeded);
    } else if (attempts == kMaxAttempts) {
      throw std::runtime_error("environments of " + spec->function_arn + " end before they take an event");
    } else if (const auto environment = self->roster.take(spec.get())) {
      ++attempts;
      environment->begin(run);
      co_await environment->finished(run);
    } else if (!self->roster.fits(*spec)) {
      self->roster.make_room(*spec);
      co_await wait_for_room(self, give_up_at);
    } else if (!self->concurrency.grow(spec->function_arn, self->clock.elapsed())) {
      self->throttle(*run, ThrottleReason::kFunctionInvocationRateLimitExceeded);
    } else {
      ++attempts;
      co_await start(self, spec, runtime, run);
    }
  }
}

void Fleet::Impl::throttle(Run& run, ThrottleReason reason) {
  ++throttles;
  run.outcome = Outcome{.kind = Outcome::Kind::kThrottled,
                        .payload = error_document("TooManyRequestsException", "Rate Exceeded."),
                        .throttle_reason = reason};
}

Task<> Fleet::Impl::start(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                          std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run) {
  self->relieve();
  const Birth birth = self->launcher.conceive(spec, runtime, InitializationType::kOnDemand);
  const auto first = co_await self->launcher.start(birth, self->options.init_timeout);
  if (!first) co_return self->refuse_entrypoint(*spec, *birth.log, *run, first.error());
  const bool initialised = co_await (*first)->initialised();
  self->roster.release(**first);
  if (initialised) {
    if ((*first)->state() != Environment::State::kIdle) co_return;  // it has ended; the caller tries again
    (*first)->begin(run);
    co_await (*first)->finished(run);
    co_return;
  }
  if (self->stopping) co_return;  // the caller refuses the invocation
  const auto second = co_await self->launcher.start(birth, spec->timeout, run);
  if (!second) co_return self->refuse_entrypoint(*spec, *birth.log, *run, second.error());
  self->roster.release(**second);
  co_await (*second)->finished(run);
}

void Fleet::Impl::refuse_entrypoint(const Spec& spec, LogStream& log, Run& run, const std::string& message) {
  const std::string& id = run.invocation.request_id;
  const std::string type = "Runtime.InvalidEntrypoint";
  log.begin_tail();
  log.add(start_line(id, spec.version));
  log.add(failure_line(id, message, type));
  log.add(end_line(id));
  Outcome outcome{.kind = Outcome::Kind::kInitError, .payload = platform_error(type, id, message)};
  outcome.billed_duration = billed({}, {});
  log.add(report_line({.request_id = id,
                       .billed_duration = outcome.billed_duration,
                       .memory_mb = spec.memory_mb,
                       .status = "error",
                       .error_type = type}));
  outcome.log_tail = log.tail();
  run.outcome = std::move(outcome);
  log.flush();
}

}  // namespace martlet::environments
