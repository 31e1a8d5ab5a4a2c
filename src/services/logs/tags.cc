// Tags of groups, through the general operations (by ARN) and the older ones (by name).

#include "services/logs/tags.h"

#include <utility>

#include "base/strings.h"
#include "services/logs/errors.h"
#include "services/logs/limits.h"
#include "services/logs/names.h"
#include "services/logs/service.h"

namespace martlet::logs {

namespace {

/// The group that tags are asked of; other resources of CloudWatch Logs do not exist here.
GroupName tagged_group(const wire::Context& context, const std::string& arn) {
  std::optional<GroupName> group = group_of_arn(arn);
  if (!group || group->account != context.account || group->region != context.region)
    throw resource_not_found();
  return std::move(*group);
}

std::function<void(GroupRecord&)> adding(std::map<std::string, std::string> tags) {
  return [tags = std::move(tags)](GroupRecord& group) { add_tags(group, tags); };
}

std::function<void(GroupRecord&)> removing(std::vector<std::string> keys) {
  return [keys = std::move(keys)](GroupRecord& group) {
    for (const std::string& key : keys) group.tags.erase(key);
  };
}

Task<std::map<std::string, std::string>> tags_of(store::Store& store, GroupName name, aws::Error absent) {
  const auto body = [&](store::Txn& txn) -> Task<std::map<std::string, std::string>> {
    std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw absent;
    co_return std::move(group->tags);
  };
  co_return co_await store.transact(body);
}

}  // namespace

void add_tags(GroupRecord& group, std::map<std::string, std::string> tags) {
  for (auto& [key, value] : tags) {
    if (to_lower(key).starts_with("aws:")) {
      throw invalid_parameter("Tag keys starting with 'aws:' are reserved for system use.");
    }
    group.tags.insert_or_assign(key, std::move(value));
  }
  if (group.tags.size() > kMaxTags) throw too_many_tags(group.name);
}

Task<> LogsService::TagResource(wire::Context& context, TagResourceRequest input) {
  co_await update_group(tagged_group(context, input.resource_arn), resource_not_found(),
                        adding(std::move(input.tags)));
}

Task<> LogsService::UntagResource(wire::Context& context, UntagResourceRequest input) {
  co_await update_group(tagged_group(context, input.resource_arn), resource_not_found(),
                        removing(std::move(input.tag_keys)));
}

Task<ListTagsForResourceResponse> LogsService::ListTagsForResource(wire::Context& context,
                                                                   ListTagsForResourceRequest input) {
  ListTagsForResourceResponse out;
  out.tags = co_await tags_of(store_, tagged_group(context, input.resource_arn), resource_not_found());
  co_return out;
}

Task<> LogsService::TagLogGroup(wire::Context& context, TagLogGroupRequest input) {
  co_await update_group(group_named(context, input.log_group_name), group_not_found(),
                        adding(std::move(input.tags)));
}

Task<> LogsService::UntagLogGroup(wire::Context& context, UntagLogGroupRequest input) {
  co_await update_group(group_named(context, input.log_group_name), group_not_found(),
                        removing(std::move(input.tags)));
}

Task<ListTagsLogGroupResponse> LogsService::ListTagsLogGroup(wire::Context& context,
                                                             ListTagsLogGroupRequest input) {
  ListTagsLogGroupResponse out;
  out.tags = co_await tags_of(store_, group_named(context, input.log_group_name), group_not_found());
  co_return out;
}

}  // namespace martlet::logs
