#include "environments/provisioner.h"

#include <algorithm>

namespace martlet::environments {

void Provisioner::set(const std::shared_ptr<const Spec>& spec, std::uint32_t count) {
  const auto found = requests_.find(spec.get());
  if (found == requests_.end() && count == 0) return;
  const auto request = found == requests_.end() ? std::make_shared<Request>() : found->second;
  request->spec = spec;
  with_.concurrency.provision(spec->function_arn,
                              static_cast<std::int64_t>(count) - static_cast<std::int64_t>(request->count));
  request->count = count;
  request->failure.clear();
  if (count == 0)
    requests_.erase(spec.get());
  else
    requests_[spec.get()] = request;
  release_surplus(*request);
  fill(request);
}

bool Provisioner::wants_more(const Request& request) {
  return request.failure.empty() && request.environments.size() + request.starting < request.count;
}

void Provisioner::fill(const std::shared_ptr<Request>& request) {
  while (wants_more(*request)) {
    ++request->starting;
    with_.tasks.spawn("provisioned environment", start_one(request));
  }
}

/// Ends those that are not wanted any more, idle ones before those that work.
void Provisioner::release_surplus(Request& request) {
  auto& environments = request.environments;
  std::ranges::partition(environments, [](const auto& one) { return !one->takes_events(); });
  while (environments.size() > request.count) {
    const auto surplus = environments.back();
    environments.pop_back();
    surplus->retire();
  }
}

Task<> Provisioner::start_one(std::shared_ptr<Request> request) {
  std::expected<std::shared_ptr<Environment>, std::string> made;
  try {
    made = co_await make_one(request);
  } catch (const std::exception& error) {
    made = std::unexpected(std::string(error.what()));
  }
  --request->starting;
  if (!made) {
    request->failure = made.error();
    co_return;
  }
  const std::shared_ptr<Environment> environment = *made;
  request->environments.push_back(environment);
  with_.roster.release(*environment);
  if (!environment->takes_events()) co_return ended(*environment);
  with_.ready(*environment);
  release_surplus(*request);
}

Task<std::expected<std::shared_ptr<Environment>, std::string>> Provisioner::make_one(
    std::shared_ptr<Request> request) {
  const auto& spec = request->spec;
  const auto runtime = with_.runtimes.find(spec->runtime);
  if (!runtime) co_return std::unexpected(runtime.error());
  const Duration give_up_at = with_.clock.elapsed() + with_.patience;
  while (!with_.roster.fits(*spec)) {
    if (with_.clock.elapsed() >= give_up_at)
      co_return std::unexpected("There is no room for another environment on this host.");
    with_.roster.make_room(*spec);
    co_await with_.wait_for_room(give_up_at);
  }
  const Birth birth = with_.launcher.conceive(spec, *runtime, InitializationType::kProvisionedConcurrency);
  const auto started = co_await with_.launcher.start(birth, with_.init_timeout);
  if (!started) co_return std::unexpected(started.error());
  if (co_await (*started)->initialised()) co_return *started;
  const InitFailure& failure = (*started)->init_failure();
  with_.roster.release(**started);
  co_return std::unexpected(failure.document.empty() ? failure.error_type + ": " + failure.message
                                                     : failure.document);
}

void Provisioner::ended(const Environment& environment) {
  const auto found = requests_.find(environment.spec().get());
  if (found == requests_.end()) return;
  const auto request = found->second;
  if (std::erase_if(request->environments, [&](const auto& one) { return one.get() == &environment; }) != 0)
    fill(request);
}

void Provisioner::clear() {
  for (const auto& [spec, request] : requests_) {
    with_.concurrency.provision(spec->function_arn, -static_cast<std::int64_t>(request->count));
    request->count = 0;
  }
  requests_.clear();
}

Fleet::Provisioned Provisioner::told(const Request& request) {
  return {.requested = request.count,
          .allocated = static_cast<std::uint32_t>(request.environments.size()),
          .available = static_cast<std::uint32_t>(std::ranges::count_if(
              request.environments, [](const auto& one) { return one->takes_events(); })),
          .failure = request.failure};
}

Fleet::Provisioned Provisioner::of(const Spec& spec) const {
  const auto found = requests_.find(&spec);
  return found == requests_.end() ? Fleet::Provisioned{} : told(*found->second);
}

Fleet::Provisioned Provisioner::of_all() const {
  Fleet::Provisioned all;
  for (const auto& [spec, request] : requests_) {
    const Fleet::Provisioned one = told(*request);
    all.requested += one.requested;
    all.allocated += one.allocated;
    all.available += one.available;
  }
  return all;
}

}  // namespace martlet::environments
