#include "environments/launcher.h"

#include <stdexcept>

#include "base/log.h"
#include "environments/preboot.h"

namespace martlet::environments {

namespace {

Task<Variables> credentials_of(const Spec& spec, const std::string& environment) {
  // Of a snapshot they would be as old as it is; what comes from one asks for its own.
  if (!spec.credentials || spec.snap_start) co_return Variables{};
  co_return co_await spec.credentials(environment, kCredentialsLifetime);
}

}  // namespace

Birth Launcher::conceive(std::shared_ptr<const Spec> spec, std::shared_ptr<const Runtime> runtime,
                         InitializationType type) {
  auto log =
      std::make_shared<LogStream>(with_.executor, with_.clock, with_.sink, with_.tasks, spec,
                                  log_stream_name(with_.clock.now(), spec->version, with_.ids.hex(32)));
  return {.spec = std::move(spec), .runtime = std::move(runtime), .log = std::move(log), .type = type};
}

void Launcher::announce(const Birth& birth) {
  const Spec& spec = *birth.spec;
  birth.log->add(InitStart{.initialization_type = birth.type,
                           .runtime_version = birth.runtime->version,
                           .region = spec.region,
                           .function_name = spec.function_name,
                           .function_version = spec.version,
                           .instance_id = birth.log->name(),
                           .memory_mb = spec.memory_mb,
                           .notice = birth.runtime->notice});
}

Task<Launcher::Started> Launcher::start(Birth birth, Duration limit, std::shared_ptr<Run> run,
                                        std::function<bool()> unwanted) {
  const std::uint64_t ticket = co_await with_.gate.enter();
  if (unwanted && unwanted()) {
    with_.gate.leave(ticket);
    co_return nullptr;
  }
  Started started;
  std::exception_ptr failure;
  try {
    started = co_await start_in_place(std::move(birth), limit, std::move(run));
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure || !started) {
    with_.gate.leave(ticket);
    if (failure) std::rethrow_exception(failure);
    co_return started;
  }
  with_.tasks.spawn("boot", leave_when_initialised(with_.gate, ticket, *started));
  co_return started;
}

Task<> Launcher::leave_when_initialised(BootGate& gate, std::uint64_t ticket,
                                        std::shared_ptr<Environment> environment) {
  co_await environment->initialised();
  gate.leave(ticket);
}

Task<Launcher::Started> Launcher::start_in_place(Birth birth, Duration limit, std::shared_ptr<Run> run) {
  while (const auto preboot = with_.stock.take(birth.runtime, *birth.spec)) {
    if (auto environment = co_await finish(birth, preboot, limit, run)) co_return environment;
  }
  co_return co_await boot(std::move(birth), limit, std::move(run));
}

std::shared_ptr<Environment> Launcher::make(const Birth& birth, sandbox::Policy policy,
                                            const std::shared_ptr<Run>& run) {
  auto environment = std::make_shared<Environment>(with_.around, birth.spec, birth.runtime, birth.log,
                                                   std::move(policy), birth.type);
  with_.roster.add(environment, birth.type);
  ++cold_starts_;
  // Not before there are those who may want to know. A second try goes on with what the first one began.
  if (run)
    environment->begin(run);
  else
    announce(birth);
  return environment;
}

/// Null when the pre-booted runtime turned out to be of no use.
Task<std::shared_ptr<Environment>> Launcher::finish(Birth birth, std::shared_ptr<Preboot> preboot,
                                                    Duration limit, std::shared_ptr<Run> run) {
  const auto bare =
      policy_for(*birth.spec, *birth.runtime, with_.ports, preboot->tag(), birth.log->name(), {}, birth.type);
  preboot->finish(finish_for(*bare, *birth.runtime));
  const Variables credentials = co_await credentials_of(*birth.spec, preboot->tag());
  try {
    co_await preboot->finished();
  } catch (const std::exception& error) {
    log::warning("a pre-booted runtime could not be used", {{"error", error.what()}});
    preboot->kill();
    with_.ended(preboot->tag());
    co_return nullptr;
  }
  sandbox::Policy policy = *bare;
  policy.environment =
      variables_for(*birth.spec, *birth.runtime, with_.ports, birth.log->name(), credentials, birth.type);
  const auto environment = make(birth, std::move(policy), run);
  co_await environment->start(limit, preboot->take_sandbox());
  preboot->give(function_document(environment->variables(), birth.runtime->heap_mb(birth.spec->memory_mb)));
  co_return environment;
}

Task<Launcher::Started> Launcher::boot(Birth birth, Duration limit, std::shared_ptr<Run> run) {
  const Spec& spec = *birth.spec;
  const std::string tag = "env-" + with_.ids.hex(24);
  auto policy = policy_for(spec, *birth.runtime, with_.ports, tag, birth.log->name(),
                           co_await credentials_of(spec, tag), birth.type);
  if (!policy) {
    with_.ended(tag);
    if (!run) announce(birth);
    co_return std::unexpected(policy.error());
  }
  const auto environment = make(birth, std::move(*policy), run);
  std::string reason;
  try {
    co_await environment->start(limit);
  } catch (const std::exception& error) {
    reason = error.what();
  }
  if (reason.empty()) co_return environment;
  with_.roster.remove(*environment);
  with_.ended(tag);
  // The sandbox tells apart by its words what went wrong: this is what it says of the program.
  if (!spec.runtime.starts_with("provided") || !reason.starts_with("cannot execute "))
    throw std::runtime_error(reason);
  co_return std::unexpected(reason);
}

}  // namespace martlet::environments
