// Extensions of an Environment: how they start, fail and end.

#include <algorithm>
#include <array>
#include <csignal>

#include "environments/environment.h"

namespace martlet::environments {

namespace {

using namespace std::chrono_literals;

// AWS's limits of the Shutdown phase.
constexpr Duration kShutdownWithExternal = 2000ms;
constexpr Duration kRuntimeWithExternal = 300ms;
constexpr Duration kRuntimeWithInternal = 500ms;

/// Variables of the runtime that extensions are not given.
constexpr std::array<const char*, 10> kRuntimeOnly = {
    "AWS_EXECUTION_ENV",          "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",           "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",      "_HANDLER"};

}  // namespace

std::shared_ptr<Extensions> Environment::extensions() {
  if (!extensions_)
    extensions_ = std::make_shared<Extensions>(
        around_.executor,
        Extensions::Watchers{.progressed =
                                 [weak = weak_from_this()] {
                                   if (const auto self = weak.lock()) self->extensions_progressed();
                                 },
                             .failed =
                                 [weak = weak_from_this()](const Extensions::Member& member, std::string type,
                                                           std::string reason) {
                                   if (const auto self = weak.lock())
                                     self->extension_failed(member, std::move(type), std::move(reason));
                                 }});
  return extensions_;
}

bool Environment::internal_extensions_may_register() const {
  return stage_ == Stage::kInit && !runtime_ready_ && !doomed_;
}

std::optional<std::string> Environment::extension_name(std::string_view identifier) {
  if (!extensions_) return std::nullopt;
  const auto member = extensions_->find(identifier);
  if (!member) return std::nullopt;
  return (*member)->name;
}

Task<> Environment::launch_extensions(std::shared_ptr<Environment> self, std::vector<std::string> names) {
  const auto extensions = self->extensions();
  Ending failure{.error_type = "Extension.LaunchError", .message = {}};
  std::string launching;
  try {
    if (names.size() > kMaxExtensions)
      throw std::runtime_error("a function may have " + std::to_string(kMaxExtensions) + " extensions");
    for (std::string& name : names) {
      if (self->doomed_) co_return;
      launching = name;
      co_await self->launch_extension(std::move(name));
    }
    launching.clear();
    while (!self->doomed_ && !extensions->all_registered()) co_await self->progress_.wait();
    if (self->doomed_) co_return;
    failure.error_type = "Runtime.InvalidEntrypoint";
    co_await self->launch_runtime();
  } catch (const std::exception& error) {
    failure.message = error.what();
  }
  if (failure.message.empty() || self->doomed_) co_return;
  failure.kind = Outcome::Kind::kInitError;
  if (!launching.empty())
    self->log_->add(Extension{.name = launching, .state = "LaunchError", .error_type = failure.error_type});
  co_await fail_for_extension(self, failure);
}

Task<> Environment::launch_extension(std::string name) {
  const auto self = shared_from_this();
  sandbox::Program program{.command = {"/opt/extensions/" + name}, .environment = policy_.environment};
  for (const char* variable : kRuntimeOnly) program.environment.erase(variable);
  // Known before it runs: it may register at once.
  Extensions::Member& member = extensions()->add_external(name);
  member.process = co_await sandbox_->run(std::move(program));
  log_->attach_extension(name, member.process->take_stdout(), member.process->take_stderr());
  around_.tasks.spawn("extension", watch_extension(self, member));
}

Task<> Environment::launch_runtime() {
  const auto self = shared_from_this();
  runtime_process_ = co_await sandbox_->run({.command = policy_.command,
                                             .environment = policy_.environment,
                                             .working_directory = policy_.working_directory});
  log_->attach(runtime_process_->take_stdout(), runtime_process_->take_stderr());
  around_.tasks.spawn("runtime", watch_runtime(self));
}

Task<> Environment::watch_extension(std::shared_ptr<Environment> self, Extensions::Member& member) {
  const auto extensions = self->extensions_;
  const sandbox::Result result = co_await member.process->wait();
  const bool reported = member.failed();
  extensions->exited(member);
  if (self->doomed_ || reported) co_return;
  const std::string how = result.kind == sandbox::Result::Kind::kExited
                              ? "exit code " + std::to_string(result.exit_code)
                              : describe_end(result);
  self->extension_failed(member, "Extension.Crash", how);
}

Task<> Environment::watch_runtime(std::shared_ptr<Environment> self) {
  sandbox::Result result = co_await self->runtime_process_->wait();
  self->runtime_process_ended_ = true;
  self->progress_.notify_all();
  if (self->doomed_) co_return;
  co_await measure(self);
  // The sandbox tells this of its main program only.
  if (result.kind == sandbox::Result::Kind::kSignalled && result.signal == SIGKILL &&
      self->peak_memory_ >= self->policy_.memory_bytes / 100 * 98)
    result.kind = sandbox::Result::Kind::kOutOfMemory;
  co_await self->process_ended(std::move(result));
  self->kill(ShutdownReason::kFailure);
}

void Environment::extension_failed(const Extensions::Member& member, std::string type, std::string message) {
  if (doomed_) return;
  const std::string state = type.substr(type.find('.') + 1);
  log_->add(Extension{.name = member.name,
                      .state = state == "Crash" ? "Exited" : state,
                      .events = member.events,
                      .error_type = state == "Crash" ? type : message});
  around_.tasks.spawn(
      "extension failure",
      fail_for_extension(shared_from_this(), {.error_type = std::move(type), .message = std::move(message)}));
}

Task<> Environment::fail_for_extension(std::shared_ptr<Environment> self, Ending ending) {
  while (self->settling()) co_await self->progress_.wait();
  if (self->doomed_) co_return;
  co_await self->fail_everything(std::move(ending));
  self->kill(ShutdownReason::kFailure);
}

void Environment::extensions_progressed() {
  if (!doomed_) {
    if (stage_ == Stage::kInit && runtime_ready_ && extensions_->all_ready())
      init_ended();
    else if (stage_ == Stage::kServing)
      free_slots();
    event_ready_.notify_all();
  }
  progress_.notify_all();
}

Task<> Environment::shut_down(std::shared_ptr<Environment> self, ShutdownReason reason) {
  co_await thaw(self);
  const auto& extensions = self->extensions_;
  const Duration began = self->around_.clock.elapsed();
  const Duration runtime_limit = extensions->has_internal() ? kRuntimeWithInternal : kRuntimeWithExternal;
  co_await self->stop_runtime(began + runtime_limit, reason);
  // While those who have subscribed can still take it.
  self->log_->drain();
  self->telemetry_->flush();
  if (extensions->has_external()) {
    const Duration until = began + kShutdownWithExternal;
    const auto left = until - self->around_.clock.elapsed();
    const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch() + left);
    extensions->post_shutdown(reason, deadline.count());
    for (Extensions::Member& member : extensions->members())
      if (member.process && !member.wants("SHUTDOWN")) member.process->signal(SIGKILL);
    co_await self->extensions_ended(until);
  }
  self->sandbox_->kill();
}

Task<> Environment::stop_runtime(Duration until, ShutdownReason reason) {
  // After a timeout or a failure there is nothing that it could still do in good order.
  const int first = reason == ShutdownReason::kSpindown ? SIGTERM : SIGKILL;
  if (runtime_process_) {
    if (runtime_process_ended_) co_return;
    runtime_process_->signal(first);
    co_await runtime_ended(until);
    runtime_process_->signal(SIGKILL);
  } else if (!extensions_->has_external() && reason == ShutdownReason::kSpindown) {
    sandbox_->signal_main(SIGTERM);
    co_await runtime_ended(until);
  }
}

Task<> Environment::runtime_ended(Duration until) {
  while (!runtime_process_ended_ && stage_ != Stage::kEnded && around_.clock.elapsed() < until) {
    shutdown_limit_.at_latest(until);
    co_await progress_.wait();
  }
}

Task<> Environment::extensions_ended(Duration until) {
  while (!extensions_->all_exited() && stage_ != Stage::kEnded && around_.clock.elapsed() < until) {
    shutdown_limit_.at_latest(until);
    co_await progress_.wait();
  }
}

Task<std::optional<Duration>> Environment::wake_waiting() {
  progress_.notify_all();
  co_return std::nullopt;
}

}  // namespace martlet::environments
