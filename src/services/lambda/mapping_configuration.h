#pragma once

// What an event source mapping may be set to: members of requests become a MappingRecord, as the API
// reference's CreateEventSourceMapping and the developer guide's "Lambda parameters for Amazon SQS event
// source mappings" say. All checks throw InvalidParameterValueException. Pure.

#include "api/lambda/types.h"
#include "services/lambda/event_source_mappings_store.h"
#include "sources/sources.h"

namespace martlet::lambda {

/// Puts what the request has over what the mapping has. Refuses members that belong to other kinds of
/// sources.
void apply_request(MappingRecord& mapping, const CreateEventSourceMappingRequest& request);
void apply_request(MappingRecord& mapping, const UpdateEventSourceMappingRequest& request);

/// Whether all that goes together, for that source and a function with that timeout.
void check_mapping(const MappingRecord& mapping, const sources::Description& source,
                   std::int32_t function_timeout_seconds);

/// What can be told of a mapping without knowing what it does now: State and LastProcessingResult are
/// missing.
EventSourceMappingConfiguration describe_mapping(const MappingRecord& mapping);

}  // namespace martlet::lambda
