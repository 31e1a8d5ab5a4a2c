#include "gateway/request_metrics.h"

#include <string>

namespace martlet::gateway {

namespace {

std::string service_name(const wire::ServiceModel* service) {
  return service == nullptr ? "unknown" : std::string(service->name);
}

std::string operation_name(const wire::Operation* operation) {
  return operation == nullptr ? "unknown" : std::string(operation->name);
}

}  // namespace

RequestMetrics::PerOperation& RequestMetrics::find(const wire::ServiceModel* service,
                                                   const wire::Operation* operation) {
  const void* key = operation != nullptr ? static_cast<const void*>(operation) : service;
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  metrics::Histogram& durations =
      registry_.histogram("martlet_request_duration_seconds", "Time from a request's head to its answer.",
                          {{"service", service_name(service)}, {"operation", operation_name(operation)}});
  return known_.emplace(key, PerOperation{&durations, {}}).first->second;
}

void RequestMetrics::record(const wire::ServiceModel* service, const wire::Operation* operation, int status,
                            Duration took) {
  PerOperation& metrics = find(service, operation);
  metrics.durations->observe(std::chrono::duration<double>(took).count());
  for (const auto& [known, counter] : metrics.by_status) {
    if (known != status) continue;
    counter->add();
    return;
  }
  metrics::Counter& counter = registry_.counter("martlet_requests_total", "Requests to services.",
                                                {{"service", service_name(service)},
                                                 {"operation", operation_name(operation)},
                                                 {"status", std::to_string(status)}});
  metrics.by_status.emplace_back(status, &counter);
  counter.add();
}

}  // namespace martlet::gateway
