#include "environments/fleet.h"

#include <unistd.h>

#include <algorithm>
#include <list>

#include "environments/environment.h"
#include "environments/policy.h"
#include "environments/roster.h"

namespace martlet::environments {

namespace {

/// How often an event that no function has seen is given to another environment.
constexpr int kMaxAttempts = 3;

std::uint64_t memory_of_this_machine() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

/// An invocation that could not be handed over at once, on its way to an environment.
struct Dispatch {
  explicit Dispatch(Executor executor) : ended(std::move(executor)) {}
  Signal ended;
  bool done = false;
  std::exception_ptr failure;
};

}  // namespace

struct Fleet::Impl : std::enable_shared_from_this<Impl> {
  Impl(Executor executor_, Clock& clock_, Ids& ids_, sandbox::Warden& warden, LogSink& sink_,
       FleetOptions options_)
      : executor(std::move(executor_)),
        clock(clock_),
        ids(ids_),
        sink(sink_),
        options(std::move(options_)),
        runtimes(options.runtimes_directory, RuntimeSearch::of_this_machine()),
        tasks(executor),
        api(executor, clock),
        room(executor),
        keeper(executor, clock, [this] { return keep(); }),
        around{.executor = executor,
               .clock = clock,
               .warden = warden,
               .tasks = tasks,
               .runtime_api = api,
               .adopt_endpoint = [this](int fd, const std::string& tag) { return adopt_endpoint(fd, tag); },
               .changed = [this](Environment& environment) { environment_changed(environment); }},
        roster({.memory_bytes =
                    options.memory_budget_bytes != 0 ? options.memory_budget_bytes : memory_of_this_machine(),
                .environments = options.max_environments}) {}

  std::function<void()> adopt_endpoint(int fd, const std::string& tag) {
    if (!options.adopt_endpoint) {
      ::close(fd);
      return {};
    }
    const std::uint64_t id = options.adopt_endpoint(fd, tag);
    return [this, id] { options.remove_endpoint(id); };
  }

  void environment_changed(Environment& environment) {
    if (environment.state() == Environment::State::kEnded) {
      roster.remove(environment);
    } else {
      if (!roster.became_idle(environment)) return;
      keeper.at_latest(environment.idle_since() + options.freeze_after);
    }
    if (waiting > 0) room.notify_all();
  }

  /// Freezes, retires, and wakes those whose patience has ended; returns when to look again.
  Task<std::optional<Duration>> keep() {
    const Duration now = clock.elapsed();
    std::optional<Duration> next;
    const auto consider = [&](Duration at) { next = std::min(next.value_or(at), at); };
    for (const auto& environment : roster.all()) {
      if (environment->state() != Environment::State::kIdle || environment->ending()) continue;
      const Duration retire_at = environment->idle_since() + options.retire_after;
      const Duration freeze_at = environment->idle_since() + options.freeze_after;
      if (retire_at <= now) {
        environment->kill();
      } else if (freeze_at > now) {
        consider(freeze_at);
      } else {
        if (!environment->frozen()) tasks.spawn("freeze", Environment::freeze(environment));
        consider(retire_at);
      }
    }
    for (const Duration at : patience_ends)
      if (at > now) consider(at);
    if (waiting > 0) room.notify_all();
    co_return next;
  }

  static Task<Outcome> invoke(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                              Invocation invocation) {
    ++self->invocations;
    const auto runtime = self->runtimes.find(spec->runtime);
    if (!runtime) {
      ++self->failures;
      co_return Outcome{.kind = Outcome::Kind::kInvalidRuntime,
                        .payload = error_document("InvalidRuntimeException", runtime.error())};
    }
    const auto run = std::make_shared<Run>();
    run->invocation = std::move(invocation);
    if (const auto environment = self->roster.take(spec.get())) {
      environment->begin(run);
      co_await environment->finished(run);
    }
    if (!run->outcome) {
      // Work of its own, which goes on when the caller leaves.
      const auto dispatch = std::make_shared<Dispatch>(self->executor);
      self->tasks.spawn("dispatch", guard(self, spec, *runtime, run, dispatch));
      while (!dispatch->done) co_await dispatch->ended.wait();
      if (dispatch->failure) std::rethrow_exception(dispatch->failure);
    }
    if (!run->outcome->succeeded()) ++self->failures;
    co_return std::move(*run->outcome);
  }

  static Task<> guard(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
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

  /// Gives the event to an environment that becomes free or to a new one.
  static Task<> deliver(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                        std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run) {
    const Duration give_up_at = self->clock.elapsed() + self->options.patience;
    int attempts = 0;
    while (!run->outcome) {
      run->lost = false;
      if (self->stopping || (attempts == 0 && self->clock.elapsed() >= give_up_at)) {
        self->throttle(*run);
      } else if (attempts == kMaxAttempts) {
        throw std::runtime_error("environments of " + spec->function_arn + " end before they take an event");
      } else if (const auto environment = self->roster.take(spec.get())) {
        ++attempts;
        environment->begin(run);
        co_await environment->finished(run);
      } else if (self->roster.fits(*spec)) {
        ++attempts;
        co_await start(self, spec, runtime, run);
      } else {
        self->roster.make_room(*spec);
        co_await wait_for_room(self, give_up_at);
      }
    }
  }

  void throttle(Run& run) {
    ++throttles;
    run.outcome = Outcome{.kind = Outcome::Kind::kThrottled,
                          .payload = error_document("TooManyRequestsException", "Rate Exceeded.")};
  }

  static Task<> wait_for_room(std::shared_ptr<Impl> self, Duration until) {
    const auto entry = self->patience_ends.insert(self->patience_ends.end(), until);
    ++self->waiting;
    self->keeper.at_latest(until);
    co_await self->room.wait();
    --self->waiting;
    self->patience_ends.erase(entry);
  }

  /// Starts an environment and gives it the event. Initialisation that fails is tried once more inside the
  /// invocation, under the function's own timeout.
  static Task<> start(std::shared_ptr<Impl> self, std::shared_ptr<const Spec> spec,
                      std::shared_ptr<const Runtime> runtime, std::shared_ptr<Run> run) {
    const auto log =
        std::make_shared<LogStream>(self->executor, self->clock, self->sink, self->tasks, spec,
                                    log_stream_name(self->clock.now(), spec->version, self->ids.hex(32)));
    const auto first = self->make(spec, runtime, log, co_await credentials_of(*spec));
    // Now that there are those who may want to know.
    log->add(InitStart{.initialization_type =
                           spec->snap_start ? InitializationType::kSnapStart : InitializationType::kOnDemand,
                       .runtime_version = runtime->version,
                       .region = spec->region,
                       .function_name = spec->function_name,
                       .function_version = spec->version,
                       .instance_id = log->name(),
                       .memory_mb = spec->memory_mb});
    if (!first) co_return self->refuse_entrypoint(*spec, *log, *run, first.error());
    if (const auto refusal = co_await boot(self, *first, self->options.init_timeout))
      co_return self->refuse_entrypoint(*spec, *log, *run, *refusal);
    const bool initialised = co_await (*first)->initialised();
    self->roster.release(**first);
    if (initialised) {
      if ((*first)->state() != Environment::State::kIdle) co_return;  // it has ended; the caller tries again
      (*first)->begin(run);
      co_await (*first)->finished(run);
      co_return;
    }
    if (self->stopping) co_return;  // the caller refuses the invocation
    const auto second = self->make(spec, runtime, log, co_await credentials_of(*spec));
    if (!second) co_return self->refuse_entrypoint(*spec, *log, *run, second.error());
    (*second)->begin(run);
    if (const auto refusal = co_await boot(self, *second, spec->timeout))
      co_return self->refuse_entrypoint(*spec, *log, *run, *refusal);
    self->roster.release(**second);
    co_await (*second)->finished(run);
  }

  static Task<Variables> credentials_of(const Spec& spec) {
    if (!spec.credentials) co_return Variables{};
    co_return co_await spec.credentials();
  }

  std::expected<std::shared_ptr<Environment>, std::string> make(const std::shared_ptr<const Spec>& spec,
                                                                const std::shared_ptr<const Runtime>& runtime,
                                                                const std::shared_ptr<LogStream>& log,
                                                                const Variables& credentials) {
    const Ports ports{.runtime_api = options.runtime_api_port, .endpoint = options.endpoint_port};
    auto policy = policy_for(*spec, *runtime, ports, "env-" + ids.hex(24), log->name(), credentials);
    if (!policy) return std::unexpected(policy.error());
    auto environment = std::make_shared<Environment>(around, spec, runtime, log, std::move(*policy));
    roster.add(environment);
    ++cold_starts;
    return environment;
  }

  /// Environment::start(), after whose failure nothing of it is left. Returns the reason when it is the
  /// function's own program that cannot be executed; throws when the platform failed.
  static Task<std::optional<std::string>> boot(std::shared_ptr<Impl> self,
                                               std::shared_ptr<Environment> environment, Duration limit) {
    std::string reason;
    try {
      co_await environment->start(limit);
    } catch (const std::exception& error) {
      reason = error.what();
    }
    if (reason.empty()) co_return std::nullopt;
    self->roster.remove(*environment);
    // The sandbox tells apart by its words what went wrong: this is what it says of the program.
    if (!environment->spec()->runtime.starts_with("provided") || !reason.starts_with("cannot execute "))
      throw std::runtime_error(reason);
    co_return reason;
  }

  /// The code has nothing that could be started.
  void refuse_entrypoint(const Spec& spec, LogStream& log, Run& run, const std::string& message) {
    const std::string& id = run.invocation.request_id;
    const std::string type = "Runtime.InvalidEntrypoint";
    log.begin_tail();
    log.add(Start{id, spec.version, run.invocation.trace_id});
    log.add(Fault{id, message, type});
    log.add(End{id});
    Outcome outcome{.kind = Outcome::Kind::kInitError, .payload = platform_error(type, id, message)};
    outcome.billed_duration = billed({}, {});
    log.add(Report{.request_id = id,
                   .billed_duration = outcome.billed_duration,
                   .memory_mb = spec.memory_mb,
                   .status = Status::kError,
                   .error_type = type,
                   .trace = run.invocation.trace_id});
    outcome.log_tail = log.tail();
    run.outcome = std::move(outcome);
    log.flush();
  }

  static Task<> clear(std::shared_ptr<Impl> self) {
    self->stopping = true;
    self->room.notify_all();
    for (const auto& environment : self->roster.all()) environment->kill();
    co_await self->tasks.join();
    self->stopping = false;
  }

  static Task<> stop(std::shared_ptr<Impl> self) {
    self->stopping = true;
    self->keeper.cancel();
    self->room.notify_all();
    for (const auto& environment : self->roster.all()) environment->kill();
    co_await self->tasks.join();
    co_await self->api.stop();
  }

  Executor executor;
  Clock& clock;
  Ids& ids;
  LogSink& sink;
  FleetOptions options;
  Runtimes runtimes;
  TaskGroup tasks;
  RuntimeApi api;
  Signal room;
  Alarm keeper;
  Environment::Surroundings around;

  Roster roster;
  std::size_t waiting = 0;
  std::list<Duration> patience_ends;
  bool stopping = false;
  std::uint64_t cold_starts = 0;
  std::uint64_t invocations = 0;
  std::uint64_t failures = 0;
  std::uint64_t throttles = 0;
};

Fleet::Fleet(Executor executor, Clock& clock, Ids& ids, sandbox::Warden& warden, LogSink& sink,
             FleetOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, ids, warden, sink, std::move(options))) {}

Fleet::~Fleet() = default;

Task<Outcome> Fleet::invoke(std::shared_ptr<const Spec> spec, Invocation invocation) {
  return Impl::invoke(impl_, std::move(spec), std::move(invocation));
}

void Fleet::retire(const std::string& function_arn) {
  for (const auto& environment : impl_->roster.all())
    if (environment->spec()->function_arn == function_arn) environment->retire();
}

void Fleet::retire(const std::shared_ptr<const Spec>& spec) {
  for (const auto& environment : impl_->roster.all())
    if (environment->spec() == spec) environment->retire();
}

void Fleet::set_reserved_concurrency(const std::string&, std::optional<std::uint32_t>) {
  throw std::logic_error("not built yet");
}

void Fleet::provision(const std::shared_ptr<const Spec>&, std::uint32_t) {
  throw std::logic_error("not built yet");
}

Fleet::Provisioned Fleet::provisioned(const std::shared_ptr<const Spec>&) const {
  throw std::logic_error("not built yet");
}

Task<std::optional<std::string>> Fleet::prepare_snapshot(std::shared_ptr<const Spec>) {
  throw std::logic_error("not built yet");
}

std::shared_ptr<const Spec> Fleet::spec_of(const std::string& tag) const {
  const auto found = impl_->roster.members().find(tag);
  return found == impl_->roster.members().end() ? nullptr : found->second->spec();
}

Task<> Fleet::clear() { return Impl::clear(impl_); }

Task<> Fleet::stop() { return Impl::stop(impl_); }

Fleet::Statistics Fleet::statistics() const {
  Statistics result{.reserved_memory_bytes = impl_->roster.reserved_memory(),
                    .cold_starts = impl_->cold_starts,
                    .invocations = impl_->invocations,
                    .failures = impl_->failures,
                    .throttles = impl_->throttles};
  for (const auto& [tag, environment] : impl_->roster.members()) {
    switch (environment->state()) {
      case Environment::State::kStarting:
        ++result.starting;
        break;
      case Environment::State::kIdle:
        ++(environment->frozen() ? result.frozen : result.idle);
        break;
      default:
        ++result.busy;
    }
  }
  return result;
}

}  // namespace martlet::environments
