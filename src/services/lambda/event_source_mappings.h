#pragma once

// Event source mappings: the operations that make, show, change and delete them. What reads for them is in
// mapping_runners.h and mapping_runner.h. Owned by the service; lives on the loop.

#include "api/lambda/types.h"
#include "services/lambda/mapping_runners.h"
#include "wire/context.h"

namespace martlet::lambda {

class EventSourceMappings {
 public:
  explicit EventSourceMappings(const MappingDependencies& with) : with_(with), runners_(with_) {}

  Task<EventSourceMappingConfiguration> create(const wire::Context& context,
                                               CreateEventSourceMappingRequest input);
  Task<EventSourceMappingConfiguration> get(const wire::Context& context, std::string uuid);
  Task<ListEventSourceMappingsResponse> list(const wire::Context& context,
                                             ListEventSourceMappingsRequest input);
  Task<EventSourceMappingConfiguration> update(const wire::Context& context,
                                               UpdateEventSourceMappingRequest input);
  Task<EventSourceMappingConfiguration> remove(const wire::Context& context, std::string uuid);

  /// Takes up what is stored: enabled mappings read again, deletions are brought to their end.
  Task<> restore();
  /// There is a function now that was not there before.
  void function_is_there(const FunctionName& function) { runners_.resume(function); }
  /// Forgets what is kept in memory (when the store is cleared).
  void reset() { runners_.reset(); }
  /// Ends all reading and waits for batches under way, for some seconds. The fleet must still run.
  Task<> stop() { return runners_.stop(); }

 private:
  /// A mapping as it is stored, and the role as which its source is read.
  struct Stored {
    MappingRecord mapping;
    std::string role_arn;
  };

  /// Throws NotImplemented where nothing here can be read by the mapping's source ARN.
  sources::Source& source_of(const MappingRecord& mapping) const;
  /// Refuses what does not go together with the source or the function, which must be there; answers with the
  /// function's role.
  Task<std::string> check(store::Txn& txn, MappingRecord mapping);
  /// Refuses a role that may not read the source, where roles are asked.
  Task<> check_role(std::string role_arn, MappingRecord mapping);
  /// As it is now.
  [[nodiscard]] EventSourceMappingConfiguration describe(const MappingRecord& mapping) const;

  MappingDependencies with_;
  MappingRunners runners_;
};

}  // namespace martlet::lambda
