// The way of an invocation to an environment.

#include "environments/fleet_impl.h"

namespace martlet::environments {

namespace {

/// How often an event that no function has seen is given to another environment.
constexpr int kMaxAttempts = 3;

}  // namespace

Task<Outcome> Fleet::Impl::invoke(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                                  Invocation invocation) {
  if (invocation.tenant_id != spec->tenant_id)
    throw std::logic_error("an event of another tenant than its Spec's");
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
    } else if (self->has_all_tenants(*spec) ||
               !self->concurrency.grow(spec->function_arn, self->clock.elapsed())) {
      self->throttle(*run, ThrottleReason::kFunctionInvocationRateLimitExceeded);
    } else {
      ++attempts;
      if (spec->snap_start)
        co_await restore(self, spec, runtime, run);
      else if (!co_await start(self, spec, runtime, run))
        --attempts;
    }
  }
}

bool Fleet::Impl::has_all_tenants(const Spec& spec) const {
  return !spec.tenant_id.empty() &&
         roster.of_tenants(spec.function_arn) >= concurrency.most_tenant_environments(spec.function_arn);
}

void Fleet::Impl::throttle(Run& run, ThrottleReason reason) {
  ++throttles;
  run.outcome = Outcome{.kind = Outcome::Kind::kThrottled,
                        .payload = error_document("TooManyRequestsException", "Rate Exceeded."),
                        .throttle_reason = reason};
}

Task<bool> Fleet::Impl::start(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                              std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run) {
  const Birth birth = self->launcher.conceive(spec, runtime, InitializationType::kOnDemand);
  // While it waited for its turn another environment may have become free, or others taken the last places.
  const auto unwanted = [self, wanted = spec.get()] {
    return self->stopping || self->roster.has_idle(wanted) || self->has_all_tenants(*wanted);
  };
  const auto first = co_await self->launcher.start(birth, self->options.init_timeout, nullptr, unwanted);
  if (first && !*first) co_return false;
  if (!first) {
    refuse_entrypoint(*spec, *birth.log, *run, first.error());
    co_return true;
  }
  self->relieve();  // while it initialises
  const bool initialised = co_await (*first)->initialised();
  self->roster.release(**first);
  if (initialised) {
    if ((*first)->state() != Environment::State::kIdle)
      co_return true;  // it has ended; the caller tries again
    (*first)->begin(run);
    co_await (*first)->finished(run);
    co_return true;
  }
  if (self->stopping) co_return true;  // the caller refuses the invocation
  const auto second = co_await self->launcher.start(birth, spec->timeout, run);
  if (!second) {
    refuse_entrypoint(*spec, *birth.log, *run, second.error());
    co_return true;
  }
  self->roster.release(**second);
  co_await (*second)->finished(run);
  co_return true;
}

Task<> Fleet::Impl::restore(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                            std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run) {
  auto snapshot = self->snapshots.take(spec);
  if (!snapshot) {
    snapshot = Snapshot{.birth = self->launcher.conceive(spec, runtime, InitializationType::kSnapStart),
                        .environment = nullptr};
    const auto started = co_await self->launcher.start(snapshot->birth, self->options.init_timeout);
    if (!started) co_return refuse_entrypoint(*spec, *snapshot->birth.log, *run, started.error());
    snapshot->environment = *started;
  }
  const auto environment = snapshot->environment;
  const bool usable = co_await environment->initialised() && co_await environment->restore();
  self->roster.release(*environment);
  if (!usable) {
    // Without a failure it has just ended; the caller tries again.
    if (const InitFailure& failure = environment->init_failure(); !failure.error_type.empty())
      refuse(*spec, *snapshot->birth.log, *run, failure);
  } else if (environment->state() == Environment::State::kIdle) {
    environment->begin(run);
    co_await environment->finished(run);
  }
}

void Fleet::Impl::refuse_entrypoint(const Spec& spec, LogStream& log, Run& run, const std::string& message) {
  refuse(spec, log, run,
         {.kind = Outcome::Kind::kInitError,
          .error_type = "Runtime.InvalidEntrypoint",
          .document = {},
          .message = message});
}

void Fleet::Impl::refuse(const Spec& spec, LogStream& log, Run& run, const InitFailure& failure) {
  const std::string& id = run.invocation.request_id;
  log.begin_tail();
  log.add(Start{id, spec.version, run.invocation.trace_id, spec.tenant_id});
  log.add(Fault{id, failure.message, failure.error_type});
  log.add(End{id});
  Outcome outcome{.kind = failure.kind, .payload = failure.document};
  if (outcome.payload.empty()) outcome.payload = platform_error(failure.error_type, id, failure.message);
  outcome.billed_duration = billed({}, {});
  log.add(Report{.request_id = id,
                 .billed_duration = outcome.billed_duration,
                 .memory_mb = spec.memory_mb,
                 .status = Status::kError,
                 .error_type = failure.error_type,
                 .trace = run.invocation.trace_id,
                 .tenant_id = spec.tenant_id});
  outcome.log_tail = log.tail();
  run.outcome = std::move(outcome);
  log.flush();
}

}  // namespace martlet::environments
