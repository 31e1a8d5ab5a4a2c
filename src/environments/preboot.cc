#include "environments/preboot.h"

#include <boost/json.hpp>
#include <stdexcept>

namespace martlet::environments {

namespace {

/// What an interpreter may hold before it knows its function, whose own limit comes with that.
constexpr std::uint64_t kMemoryBytes = 1ULL << 30;
constexpr std::uint64_t kTmpBytes = 512ULL << 20;
/// How long an interpreter may take before it asks for its function.
constexpr Duration kBootLimit = std::chrono::seconds(30);

}  // namespace

sandbox::Policy preboot_policy(const Runtime& runtime, const Ports& ports, const std::string& name) {
  sandbox::Policy policy;
  policy.name = name;
  policy.command = runtime.preboot_command();
  policy.environment = variables_before_function(runtime, ports);
  policy.environment["MARTLET_PREBOOT"] = "1";
  policy.binds = runtime.binds;
  policy.tmp_bytes = kTmpBytes;
  policy.memory_bytes = kMemoryBytes;
  policy.listeners = {{.port = ports.runtime_api}, {.port = ports.endpoint}};
  policy.unfinished = true;
  return policy;
}

sandbox::Finish finish_for(const sandbox::Policy& policy, const Runtime& runtime) {
  sandbox::Finish rest{.binds = policy.binds,
                       .tmp_bytes = policy.tmp_bytes,
                       .memory_bytes = policy.memory_bytes,
                       .cpus = policy.cpus,
                       .egress = policy.egress};
  // The runtime's own are there; policy_for puts them first.
  rest.binds.erase(rest.binds.begin(),
                   rest.binds.begin() + static_cast<std::ptrdiff_t>(runtime.binds.size()));
  return rest;
}

std::string function_document(const Variables& variables, std::uint32_t heap_mb) {
  boost::json::object names;
  for (const auto& [name, value] : variables) names[name] = value;
  return boost::json::serialize(boost::json::object{
      {"variables", std::move(names)}, {"working_directory", "/var/task"}, {"heap_mb", heap_mb}});
}

Preboot::Preboot(Environment::Surroundings& surroundings, sandbox::Policy policy)
    : around_(surroundings),
      policy_(std::move(policy)),
      changed_(surroundings.executor),
      limit_(surroundings.executor, surroundings.clock, [this] { return look(); }) {}

Task<> Preboot::boot() {
  const auto self = shared_from_this();
  try {
    sandbox_ = co_await around_.warden.create(policy_);
  } catch (...) {
    end();
    throw;
  }
  around_.runtime_api.attach_waiting(sandbox_->take_listener(kRuntimeApiListener), tag(), weak_from_this());
  around_.tasks.spawn("pre-booted runtime", watch(self));
  if (doomed_) sandbox_->kill();
  limit_.at_latest(around_.clock.elapsed() + kBootLimit);
  changed_.notify_all();
  while (!asked_ && !ended_ && !taken_) co_await changed_.wait();
  if (ended_) throw std::runtime_error("the runtime ended before it asked for its function");
  if (!taken_) memory_held_ = (co_await sandbox_->usage()).memory_bytes;
}

Task<> Preboot::watch(std::shared_ptr<Preboot> self) {
  co_await self->sandbox_->wait();
  // Once it has been taken it is its environment that cares.
  if (self->sandbox_) self->around_.runtime_api.detach(self->tag());
  self->end();
}

Task<std::optional<Duration>> Preboot::look() {
  // Once it has been taken, its environment's own limit holds.
  if (!asked_ && !taken_) kill();
  co_return std::nullopt;
}

void Preboot::end() {
  limit_.cancel();
  ended_ = true;
  changed_.notify_all();
}

void Preboot::finish(sandbox::Finish rest) {
  taken_ = true;
  changed_.notify_all();
  around_.tasks.spawn("finish sandbox", complete(shared_from_this(), std::move(rest)));
}

Task<> Preboot::complete(std::shared_ptr<Preboot> self, sandbox::Finish rest) {
  while (!self->sandbox_ && !self->ended_) co_await self->changed_.wait();
  try {
    if (self->ended_) throw std::runtime_error("the pre-booted runtime has ended");
    co_await self->sandbox_->finish(std::move(rest));
  } catch (...) {
    self->failure_ = std::current_exception();
  }
  self->finished_ = true;
  self->changed_.notify_all();
}

Task<> Preboot::finished() {
  const auto self = shared_from_this();
  while (!finished_) co_await changed_.wait();
  if (failure_) std::rethrow_exception(failure_);
  if (ended_) throw std::runtime_error("the pre-booted runtime has ended");
}

void Preboot::give(std::string document) {
  document_ = std::move(document);
  changed_.notify_all();
}

void Preboot::kill() {
  doomed_ = true;
  if (sandbox_) sandbox_->kill();
}

Task<std::optional<std::string>> Preboot::function() {
  const auto self = shared_from_this();
  asked_ = true;
  limit_.cancel();
  changed_.notify_all();
  while (!document_ && !given_ && !ended_) co_await changed_.wait();
  given_ = true;
  co_return std::exchange(document_, std::nullopt);
}

}  // namespace martlet::environments
