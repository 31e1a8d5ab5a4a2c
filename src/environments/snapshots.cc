#include "environments/snapshots.h"

#include <utility>

#include "base/log.h"
#include "environments/platform_log.h"

namespace martlet::environments {

std::shared_ptr<Snapshots::Version> Snapshots::version_of(const std::shared_ptr<const Spec>& spec) {
  auto& version = versions_[spec.get()];
  if (!version) version = std::make_shared<Version>(with_.executor);
  return version;
}

bool Snapshots::knows(const Spec& spec, const std::shared_ptr<Version>& version) const {
  const auto found = versions_.find(&spec);
  return found != versions_.end() && found->second == version;
}

Task<std::optional<std::string>> Snapshots::prepare(std::shared_ptr<const Spec> spec) {
  const auto version = version_of(spec);
  make_another(spec, version);
  while (version->making) co_await version->made.wait();
  co_return version->failure;
}

std::optional<Snapshot> Snapshots::take(const std::shared_ptr<const Spec>& spec) {
  const auto version = version_of(spec);
  auto taken = std::exchange(version->kept, std::nullopt);
  if (taken && taken->environment->ending()) taken.reset();
  make_another(spec, version);
  return taken;
}

void Snapshots::make_another(const std::shared_ptr<const Spec>& spec,
                             const std::shared_ptr<Version>& version) {
  if (version->kept || version->making) return;
  version->making = true;
  with_.tasks.spawn("snapshot", make(spec, version));
}

Task<> Snapshots::make(std::shared_ptr<const Spec> spec, std::shared_ptr<Version> version) {
  std::optional<std::string> failure;
  try {
    failure = co_await make_one(spec, version);
  } catch (const std::exception& error) {
    failure = error_document("Runtime.Unknown", error.what());
  }
  if (failure)
    log::warning("a version could not be initialised for its snapshot",
                 {{"function", spec->function_arn}, {"version", spec->version}, {"error", *failure}});
  version->failure = std::move(failure);
  version->making = false;
  version->made.notify_all();
}

Task<std::optional<std::string>> Snapshots::make_one(std::shared_ptr<const Spec> spec,
                                                     std::shared_ptr<Version> version) {
  const auto runtime = with_.runtimes.find(spec->runtime);
  if (!runtime) co_return error_document("InvalidRuntimeException", runtime.error());
  // Within an invocation a version is initialised whether there is room or not; this can wait for another.
  if (!with_.roster.fits(*spec))
    co_return error_document("Runtime.Unknown", "There is no room for another environment on this host.");
  Snapshot snapshot{.birth = with_.launcher.conceive(spec, *runtime, InitializationType::kSnapStart),
                    .environment = nullptr};
  const auto started = co_await with_.launcher.start(snapshot.birth, kInitLimit);
  if (!started) co_return error_document("Runtime.InvalidEntrypoint", started.error());
  snapshot.environment = *started;
  if (!co_await snapshot.environment->initialised()) {
    const InitFailure& failure = snapshot.environment->init_failure();
    co_return failure.document.empty() ? error_document(failure.error_type, failure.message)
                                       : failure.document;
  }
  // Forgotten meanwhile: nobody would ever take it.
  if (!knows(*spec, version))
    snapshot.environment->kill();
  else
    version->kept = std::move(snapshot);
  co_return std::nullopt;
}

void Snapshots::ended(const Environment& environment) {
  const auto found = versions_.find(environment.spec().get());
  if (found == versions_.end()) return;
  auto& kept = found->second->kept;
  if (kept && kept->environment.get() == &environment) kept.reset();
}

}  // namespace martlet::environments
