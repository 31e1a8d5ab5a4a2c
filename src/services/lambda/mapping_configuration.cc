#include "services/lambda/mapping_configuration.h"

#include <fmt/format.h>

#include <chrono>

#include "services/lambda/errors.h"
#include "services/lambda/limits.h"
#include "services/lambda/mapping_filter.h"

namespace martlet::lambda {

namespace {

void refuse(bool is_given, const char* member) {
  if (is_given)
    throw invalid_parameter(std::string(member) + " is not supported for SQS event source mappings.");
}

/// Members of streams, Kafka, Amazon MQ and DocumentDB.
template <class Request>
void refuse_members_of_others(const Request& request) {
  refuse(request.parallelization_factor.has_value(), "ParallelizationFactor");
  refuse(request.maximum_record_age_in_seconds.has_value(), "MaximumRecordAgeInSeconds");
  refuse(request.bisect_batch_on_function_error.has_value(), "BisectBatchOnFunctionError");
  refuse(request.maximum_retry_attempts.has_value(), "MaximumRetryAttempts");
  refuse(request.tumbling_window_in_seconds.has_value(), "TumblingWindowInSeconds");
  refuse(request.source_access_configurations && !request.source_access_configurations->empty(),
         "SourceAccessConfigurations");
  refuse(request.amazon_managed_kafka_event_source_config.has_value(), "AmazonManagedKafkaEventSourceConfig");
  refuse(request.self_managed_kafka_event_source_config.has_value(), "SelfManagedKafkaEventSourceConfig");
  refuse(request.document_db_event_source_config.has_value(), "DocumentDBEventSourceConfig");
  refuse(request.logging_config && request.logging_config->system_log_level, "LoggingConfig");
  if (const auto& destinations = request.destination_config) {
    refuse(destinations->on_success && destinations->on_success->destination, "OnSuccess destination");
    refuse(destinations->on_failure && destinations->on_failure->destination, "OnFailure destination");
  }
}

void apply_pollers(MappingRecord& mapping, const ProvisionedPollerConfig& config) {
  refuse(config.poller_group_name && !config.poller_group_name->empty(), "PollerGroupName");
  mapping.minimum_pollers.reset();
  mapping.maximum_pollers.reset();
  if (!config.minimum_pollers && !config.maximum_pollers) return;
  mapping.minimum_pollers = config.minimum_pollers.value_or(kDefaultMinimumPollers);
  mapping.maximum_pollers = config.maximum_pollers.value_or(kDefaultMaximumPollers);
}

std::vector<std::string> patterns_of(const FilterCriteria& criteria) {
  std::vector<std::string> patterns;
  if (criteria.filters)
    for (const Filter& filter : *criteria.filters)
      if (filter.pattern) patterns.push_back(*filter.pattern);
  return patterns;
}

template <class Request>
void apply_shared(MappingRecord& mapping, const Request& request) {
  refuse_members_of_others(request);
  if (request.enabled) mapping.enabled = *request.enabled;
  if (request.batch_size) mapping.batch_size = *request.batch_size;
  if (request.maximum_batching_window_in_seconds)
    mapping.maximum_batching_window_seconds = *request.maximum_batching_window_in_seconds;
  if (request.filter_criteria) mapping.filters = patterns_of(*request.filter_criteria);
  if (request.kms_key_arn) mapping.kms_key_arn = *request.kms_key_arn;
  if (request.metrics_config)
    mapping.metrics = request.metrics_config->metrics.value_or(std::vector<std::string>());
  if (request.function_response_types) mapping.function_response_types = *request.function_response_types;
  if (request.scaling_config) mapping.maximum_concurrency = request.scaling_config->maximum_concurrency;
  if (request.provisioned_poller_config) apply_pollers(mapping, *request.provisioned_poller_config);
}

void check_batches(const MappingRecord& mapping, bool is_fifo) {
  if (is_fifo) {
    if (mapping.batch_size > kMaxBatchWithoutWindow)
      throw invalid_parameter(
          fmt::format("Maximum batch size for FIFO queues is {}.", kMaxBatchWithoutWindow));
    if (mapping.maximum_batching_window_seconds > 0)
      throw invalid_parameter("Batching window is not supported for FIFO queues.");
  } else if (mapping.batch_size > kMaxBatchWithoutWindow && mapping.maximum_batching_window_seconds == 0) {
    throw invalid_parameter(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  }
}

void check_scaling(const MappingRecord& mapping) {
  if (!mapping.minimum_pollers) return;
  if (mapping.maximum_concurrency)
    throw invalid_parameter("ScalingConfig and ProvisionedPollerConfig cannot be used together.");
  if (*mapping.minimum_pollers < kDefaultMinimumPollers || *mapping.maximum_pollers < kDefaultMinimumPollers)
    throw invalid_parameter(
        fmt::format("MinimumPollers and MaximumPollers of an SQS event source mapping are at least {}.",
                    kDefaultMinimumPollers));
  if (*mapping.minimum_pollers > *mapping.maximum_pollers)
    throw invalid_parameter("MinimumPollers must not be greater than MaximumPollers.");
}

void check_filters(const MappingRecord& mapping) {
  if (mapping.filters.size() > kMaxFilters)
    throw invalid_parameter(fmt::format("An event source mapping has at most {} filters.", kMaxFilters));
  try {
    const RecordFilter compiled(mapping.filters, "body");
  } catch (const patterns::InvalidPattern& invalid) {
    throw invalid_parameter(invalid.what());
  }
}

}  // namespace

void apply_request(MappingRecord& mapping, const CreateEventSourceMappingRequest& request) {
  refuse(request.starting_position.has_value(), "StartingPosition");
  refuse(request.starting_position_timestamp.has_value(), "StartingPositionTimestamp");
  refuse(request.topics && !request.topics->empty(), "Topics");
  refuse(request.queues && !request.queues->empty(), "Queues");
  refuse(request.self_managed_event_source.has_value(), "SelfManagedEventSource");
  apply_shared(mapping, request);
}

void apply_request(MappingRecord& mapping, const UpdateEventSourceMappingRequest& request) {
  apply_shared(mapping, request);
}

void check_mapping(const MappingRecord& mapping, const sources::Description& source,
                   std::int32_t function_timeout_seconds) {
  check_batches(mapping, source.ordered);
  check_scaling(mapping);
  check_filters(mapping);
  for (const std::string& metric : mapping.metrics)
    if (metric != "EventCount") refuse(true, ("Metric " + metric).c_str());
  const auto visibility = std::chrono::duration_cast<std::chrono::seconds>(source.visibility).count();
  if (visibility < function_timeout_seconds)
    throw invalid_parameter(
        fmt::format("Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
                    visibility, function_timeout_seconds));
}

EventSourceMappingConfiguration describe_mapping(const MappingRecord& mapping) {
  EventSourceMappingConfiguration out;
  out.uuid = mapping.uuid;
  out.event_source_mapping_arn = mapping.arn();
  out.event_source_arn = mapping.event_source_arn;
  out.function_arn = mapping.function_name().qualified_arn(mapping.partition);
  out.batch_size = mapping.batch_size;
  out.maximum_batching_window_in_seconds = mapping.maximum_batching_window_seconds;
  out.function_response_types = mapping.function_response_types;
  out.last_modified = from_epoch_ms(mapping.last_modified_ms);
  out.state_transition_reason = "USER_INITIATED";
  if (!mapping.filters.empty()) {
    auto& filters = out.filter_criteria.emplace().filters.emplace();
    for (const std::string& pattern : mapping.filters) filters.push_back({.pattern = pattern});
  }
  if (!mapping.kms_key_arn.empty()) out.kms_key_arn = mapping.kms_key_arn;
  if (!mapping.metrics.empty()) out.metrics_config.emplace().metrics = mapping.metrics;
  if (mapping.maximum_concurrency)
    out.scaling_config.emplace().maximum_concurrency = mapping.maximum_concurrency;
  if (mapping.minimum_pollers) {
    auto& pollers = out.provisioned_poller_config.emplace();
    pollers.minimum_pollers = mapping.minimum_pollers;
    pollers.maximum_pollers = mapping.maximum_pollers;
  }
  return out;
}

}  // namespace martlet::lambda
