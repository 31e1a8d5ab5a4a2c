#pragma once

// CloudWatch Logs: groups of streams of events. Its operations are grouped by noun: groups.cc, streams.cc,
// events.cc, tags.cc. It also takes what functions print (function_logs()) and removes what has outlived its
// retention. Lives on the loop.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "api/logs/api.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/task_group.h"
#include "services/logs/authorization.h"
#include "services/logs/function_logs.h"
#include "services/logs/logs_store.h"
#include "services/logs/records.h"
#include "services/logs/writing.h"
#include "store/store.h"

namespace martlet::logs {

class LogsService final : public Api {
 public:
  LogsService(store::Store& store, Clock& clock, Ids& ids)
      : store_(store),
        clock_(clock),
        ids_(ids),
        numbers_(store),
        function_logs_(store, clock, ids, numbers_) {}

  Task<> CreateLogGroup(wire::Context& context, CreateLogGroupRequest input) override;
  Task<> DeleteLogGroup(wire::Context& context, DeleteLogGroupRequest input) override;
  Task<DescribeLogGroupsResponse> DescribeLogGroups(wire::Context& context,
                                                    DescribeLogGroupsRequest input) override;
  Task<> PutRetentionPolicy(wire::Context& context, PutRetentionPolicyRequest input) override;
  Task<> DeleteRetentionPolicy(wire::Context& context, DeleteRetentionPolicyRequest input) override;
  Task<> PutLogGroupDeletionProtection(wire::Context& context,
                                       PutLogGroupDeletionProtectionRequest input) override;

  Task<> CreateLogStream(wire::Context& context, CreateLogStreamRequest input) override;
  Task<> DeleteLogStream(wire::Context& context, DeleteLogStreamRequest input) override;
  Task<DescribeLogStreamsResponse> DescribeLogStreams(wire::Context& context,
                                                      DescribeLogStreamsRequest input) override;

  Task<PutLogEventsResponse> PutLogEvents(wire::Context& context, PutLogEventsRequest input) override;
  Task<GetLogEventsResponse> GetLogEvents(wire::Context& context, GetLogEventsRequest input) override;
  Task<FilterLogEventsResponse> FilterLogEvents(wire::Context& context,
                                                FilterLogEventsRequest input) override;

  Task<> TagResource(wire::Context& context, TagResourceRequest input) override;
  Task<> UntagResource(wire::Context& context, UntagResourceRequest input) override;
  Task<ListTagsForResourceResponse> ListTagsForResource(wire::Context& context,
                                                        ListTagsForResourceRequest input) override;
  Task<> TagLogGroup(wire::Context& context, TagLogGroupRequest input) override;
  Task<> UntagLogGroup(wire::Context& context, UntagLogGroupRequest input) override;
  Task<ListTagsLogGroupResponse> ListTagsLogGroup(wire::Context& context,
                                                  ListTagsLogGroupRequest input) override;

  /// Takes what functions print.
  environments::LogSink& function_logs() { return function_logs_; }
  authorization::ResourceTags& resource_tags() { return tags_; }
  /// From now on functions are asked about before they write. Before the first of them runs.
  void set_log_permission(LogPermission permission) { function_logs_.set_permission(std::move(permission)); }

  /// Starts the removal of expired events, once an hour; ends when `tasks` does.
  void start(TaskGroup& tasks);
  /// One round of it.
  Task<> remove_expired();

  /// Forgets what is kept in memory (after the store was cleared).
  void reset();

 private:
  [[nodiscard]] std::int64_t now_ms() const { return to_epoch_ms(clock_.now()); }
  /// Events before this time are gone, whether they have been removed yet or not.
  [[nodiscard]] std::int64_t oldest_ms(const GroupRecord& group) const;
  /// Loads a group, lets `change` edit it, saves it. Throws what `absent` gives when there is none.
  Task<> update_group(GroupName name, aws::Error absent, std::function<void(GroupRecord&)> change);
  Task<> remove_expired_of(GroupRecord group);

  store::Store& store_;
  TagSource tags_{store_};
  Clock& clock_;
  Ids& ids_;
  SequenceNumbers numbers_;
  FunctionLogs function_logs_;
};

}  // namespace martlet::logs
