#include "services/lambda/mapping_counters.h"

namespace martlet::lambda {

namespace {

metrics::Counter& counter(metrics::Registry& registry, const char* what, const char* help,
                          const std::string& function_name, const std::string& uuid) {
  return registry.counter("martlet_lambda_mapping_" + std::string(what) + "_events_total", help,
                          {{"function_name", function_name}, {"event_source_mapping_uuid", uuid}});
}

}  // namespace

MappingCounters::MappingCounters(metrics::Registry& registry, const std::string& function_name,
                                 const std::string& uuid)
    : polled(counter(registry, "polled", "Events read from the source (PolledEventCount).", function_name,
                     uuid)),
      filtered_out(counter(registry, "filtered_out", "Events that match no filter (FilteredOutEventCount).",
                           function_name, uuid)),
      invoked(counter(registry, "invoked", "Events that the function was given (InvokedEventCount).",
                      function_name, uuid)),
      failed(counter(registry, "failed_invoke",
                     "Events at which the function failed (FailedInvokeEventCount).", function_name, uuid)),
      deleted(counter(registry, "deleted", "Events deleted because they were handled (DeletedEventCount).",
                      function_name, uuid)),
      dropped(counter(registry, "dropped",
                      "Events that could not be given to the function in time (DroppedEventCount).",
                      function_name, uuid)) {}

}  // namespace martlet::lambda
