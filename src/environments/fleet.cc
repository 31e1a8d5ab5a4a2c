#include "environments/fleet.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "environments/fleet_impl.h"

namespace martlet::environments {

namespace {

/// A start that takes longer than this waits for something else than a core.
constexpr Duration kLongBoot = std::chrono::milliseconds(250);

std::uint64_t default_budget() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE)) / 4 * 3;
}

}  // namespace

Fleet::Impl::Impl(Executor executor_, Clock& clock_, Ids& ids_, sandbox::Warden& warden, LogSink& sink_,
                  FleetOptions options_)
    : executor(std::move(executor_)),
      clock(clock_),
      ids(ids_),
      sink(sink_),
      options(std::move(options_)),
      ports{.runtime_api = options.runtime_api_port, .endpoint = options.endpoint_port},
      runtimes(options.runtimes_directory, options.runtimes),
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
      concurrency(options.concurrency),
      roster(
          {.memory_bytes = options.memory_budget_bytes != 0 ? options.memory_budget_bytes : default_budget(),
           .environments = options.max_environments}),
      gate(executor, clock, std::thread::hardware_concurrency() + 1, kLongBoot, [this] { stock.tend(); }),
      stock({.executor = executor,
             .clock = clock,
             .ids = ids,
             .tasks = tasks,
             .around = around,
             .ports = ports,
             .calm = [this] { return gate.calm() && !stopping; },
             .changed =
                 [this] {
                   roster.set_aside(stock.memory());
                   keeper.at_latest(clock.elapsed() + options.stock.keep_for);
                 }},
            options.stock),
      launcher({.executor = executor,
                .clock = clock,
                .ids = ids,
                .sink = sink,
                .tasks = tasks,
                .around = around,
                .roster = roster,
                .stock = stock,
                .gate = gate,
                .ports = ports,
                .ended = [this](const std::string& tag) { ended(tag); }}),
      provisioner(
          {.executor = executor,
           .clock = clock,
           .tasks = tasks,
           .launcher = launcher,
           .roster = roster,
           .concurrency = concurrency,
           .runtimes = runtimes,
           .init_timeout = options.init_timeout,
           .patience = options.patience,
           .wait_for_room = [this](Duration until) { return wait_for_room(shared_from_this(), until); },
           .ready = around.changed}),
      snapshots({.executor = executor,
                 .tasks = tasks,
                 .launcher = launcher,
                 .roster = roster,
                 .runtimes = runtimes}),
      pressure(executor, clock, "/proc", [this] { relieve(); }) {}

std::function<void()> Fleet::Impl::adopt_endpoint(int fd, const std::string& tag) {
  if (!options.adopt_endpoint) {
    ::close(fd);
    return {};
  }
  const std::uint64_t id = options.adopt_endpoint(fd, tag);
  return [this, id] { options.remove_endpoint(id); };
}

void Fleet::Impl::ended(const std::string& tag) const {
  if (options.environment_ended) options.environment_ended(tag);
}

bool Fleet::Impl::is_aged(const Environment& environment) const {
  return !environment.spec()->snap_start &&
         environment.created_at() + options.replace_after <= clock.elapsed();
}

void Fleet::Impl::environment_changed(Environment& environment) {
  if (environment.state() == Environment::State::kEnded) {
    ended(environment.tag());
    const bool provisioned = roster.provisioned(environment);
    roster.remove(environment);
    if (provisioned) provisioner.ended(environment);
    if (environment.spec()->snap_start) snapshots.ended(environment);
  } else {
    const bool kept = environment.state() == Environment::State::kHeld;
    if (is_aged(environment)) environment.retire();
    if (!kept && !roster.became_idle(environment)) return;
    keeper.at_latest(environment.idle_since() + options.freeze_after);
  }
  if (waiting > 0) room.notify_all();
}

Task<std::optional<Duration>> Fleet::Impl::keep() {
  const Duration now = clock.elapsed();
  std::optional<Duration> next = stock.expire();
  const auto consider = [&](Duration at) { next = std::min(next.value_or(at), at); };
  for (const auto& environment : roster.all()) {
    const bool held = environment->state() == Environment::State::kHeld;
    if ((environment->state() != Environment::State::kIdle && !held) || environment->ending()) continue;
    const Duration retire_at = environment->idle_since() + options.retire_after;
    const Duration freeze_at = environment->idle_since() + options.freeze_after;
    const bool kept = held || roster.provisioned(*environment);
    if ((retire_at <= now && !kept) || is_aged(*environment)) {
      environment->kill();
    } else if (freeze_at > now) {
      consider(freeze_at);
    } else {
      if (!environment->frozen()) tasks.spawn("freeze", rest(shared_from_this(), environment));
      if (!kept) consider(retire_at);
      if (!environment->spec()->snap_start) consider(environment->created_at() + options.replace_after);
    }
  }
  for (const Duration at : patience_ends)
    if (at > now) consider(at);
  if (waiting > 0) room.notify_all();
  co_return next;
}

/// From now on it counts what it holds at rest.
Task<> Fleet::Impl::rest(std::shared_ptr<Impl> self, std::shared_ptr<Environment> environment) {
  co_await Environment::freeze(environment);
  co_await Environment::measure(environment);
  self->roster.measured(*environment);
  self->relieve();
}

void Fleet::Impl::relieve() {
  if (const std::uint64_t excess = roster.excess(); excess > 0) roster.shed(excess);
  const std::uint64_t shortage = pressure.shortage();
  if (shortage == 0) return;
  const std::uint64_t stocked = stock.memory();
  stock.give_up();
  if (shortage > stocked) roster.shed(shortage - stocked);
}

Task<> Fleet::Impl::wait_for_room(std::shared_ptr<Impl> self, Duration until) {
  const auto entry = self->patience_ends.insert(self->patience_ends.end(), until);
  ++self->waiting;
  self->keeper.at_latest(until);
  co_await self->room.wait();
  --self->waiting;
  self->patience_ends.erase(entry);
}

void Fleet::Impl::end_everything() {
  stopping = true;
  provisioner.clear();
  snapshots.clear();
  stock.give_up();
  room.notify_all();
  for (const auto& environment : roster.all()) environment->kill();
}

Task<> Fleet::Impl::clear(std::shared_ptr<Impl> self) {
  self->end_everything();
  co_await self->tasks.join();
  self->concurrency.forget();
  self->stopping = false;
}

Task<> Fleet::Impl::stop(std::shared_ptr<Impl> self) {
  self->end_everything();
  self->keeper.cancel();
  co_await self->pressure.stop();
  co_await self->tasks.join();
  co_await self->api.stop();
}

Fleet::Fleet(Executor executor, Clock& clock, Ids& ids, sandbox::Warden& warden, LogSink& sink,
             FleetOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, ids, warden, sink, std::move(options))) {
  impl_->pressure.watch();
}

Fleet::~Fleet() = default;

Task<Outcome> Fleet::invoke(std::shared_ptr<const Spec> spec, Invocation invocation) {
  return Impl::invoke(impl_, std::move(spec), std::move(invocation));
}

void Fleet::expect(const std::shared_ptr<const Spec>& spec) {
  if (spec->image || impl_->stopping) return;
  const auto runtime = impl_->runtimes.find(spec->runtime);
  if (runtime && Stock::serves(**runtime, *spec)) impl_->stock.expect(*runtime);
}

void Fleet::retire(const std::string& function_arn) {
  for (const auto& environment : impl_->roster.all())
    if (environment->spec()->function_arn == function_arn) environment->retire();
}

void Fleet::retire(const std::shared_ptr<const Spec>& spec) {
  impl_->provisioner.set(spec, 0);
  impl_->snapshots.forget(*spec);
  for (const auto& environment : impl_->roster.all())
    if (environment->spec() == spec) environment->retire();
}

void Fleet::set_reserved_concurrency(const std::string& function_arn, std::optional<std::uint32_t> reserved) {
  impl_->concurrency.reserve(function_arn, reserved);
}

void Fleet::provision(const std::shared_ptr<const Spec>& spec, std::uint32_t count) {
  impl_->provisioner.set(spec, count);
}

Fleet::Provisioned Fleet::provisioned(const std::shared_ptr<const Spec>& spec) const {
  return impl_->provisioner.of(*spec);
}

Task<std::optional<std::string>> Fleet::prepare_snapshot(std::shared_ptr<const Spec> spec) {
  return impl_->snapshots.prepare(std::move(spec));
}

std::shared_ptr<const Spec> Fleet::spec_of(const std::string& tag) const {
  const auto environment = impl_->roster.find(tag);
  return environment ? environment->spec() : nullptr;
}

Task<> Fleet::clear() { return Impl::clear(impl_); }

Task<> Fleet::stop() { return Impl::stop(impl_); }

std::uint32_t Fleet::executions(const std::string& function_arn) const {
  return impl_->concurrency.of_function(function_arn).executions;
}

Fleet::Statistics Fleet::statistics() const {
  const Concurrency::Count count = impl_->concurrency.of_all();
  const Provisioned provisioned = impl_->provisioner.of_all();
  Statistics result{.memory_bytes = impl_->roster.memory(),
                    .executions = count.executions,
                    .unreserved_executions = count.unreserved_executions,
                    .provisioned_executions = count.provisioned_executions,
                    .claimed_concurrency = count.claimed,
                    .provisioned_requested = provisioned.requested,
                    .provisioned_allocated = provisioned.allocated,
                    .stock_waiting = impl_->stock.waiting(),
                    .stock_booting = impl_->stock.booting(),
                    .stock_memory_bytes = impl_->stock.memory(),
                    .stock_taken = impl_->stock.taken(),
                    .cold_starts = impl_->launcher.cold_starts(),
                    .invocations = impl_->invocations,
                    .failures = impl_->failures,
                    .throttles = impl_->throttles};
  for (const auto& environment : impl_->roster.all()) {
    switch (environment->state()) {
      case Environment::State::kStarting:
        ++result.starting;
        break;
      case Environment::State::kHeld:
        ++result.held;
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
