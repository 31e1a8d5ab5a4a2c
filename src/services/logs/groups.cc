// Groups: create, describe, delete, keep for so many days.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "services/logs/errors.h"
#include "services/logs/limits.h"
#include "services/logs/making.h"
#include "services/logs/names.h"
#include "services/logs/service.h"
#include "services/logs/tags.h"
#include "services/logs/tokens.h"

namespace martlet::logs {

namespace {

/// Groups looked at in one go where a filter may leave out some.
constexpr std::size_t kGroupsPerFetch = 256;

/// What one page of DescribeLogGroups is to hold.
struct Listing {
  GroupName where;
  std::string pattern;
  std::optional<std::string> log_group_class;
  std::string after;
  std::size_t limit = kMaxDescribed;

  [[nodiscard]] bool wants(const GroupRecord& group) const {
    return group.name.find(pattern) != std::string::npos &&
           (!log_group_class || group.log_group_class == *log_group_class);
  }
};

Listing listing_of(const wire::Context& context, const DescribeLogGroupsRequest& input) {
  if (input.log_group_name_prefix && input.log_group_name_pattern) {
    throw invalid_parameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  Listing listing;
  listing.where = group_named(context, input.log_group_name_prefix.value_or(""));
  listing.pattern = input.log_group_name_pattern.value_or("");
  listing.log_group_class = input.log_group_class;
  if (input.next_token) listing.after = read_list_token(*input.next_token).name;
  if (input.limit) listing.limit = static_cast<std::size_t>(*input.limit);
  return listing;
}

/// One more than the limit where there are more.
Task<std::vector<GroupRecord>> find_groups(store::Txn& txn, Listing listing) {
  std::vector<GroupRecord> found;
  for (;;) {
    auto groups = co_await list_groups(txn, listing.where, listing.after, kGroupsPerFetch);
    const bool last = groups.size() < kGroupsPerFetch;
    for (GroupRecord& group : groups) {
      listing.after = group.name;
      if (!listing.wants(group)) continue;
      found.push_back(std::move(group));
      if (found.size() > listing.limit) co_return found;
    }
    if (last) co_return found;
  }
}

Task<std::vector<GroupRecord>> load_groups(store::Txn& txn, std::vector<GroupName> names) {
  std::vector<GroupRecord> found;
  for (GroupName& name : names) {
    if (std::optional<GroupRecord> group = co_await load_group(txn, std::move(name))) {
      found.push_back(std::move(*group));
    }
  }
  co_return found;
}

Task<std::int64_t> stored_bytes(store::Txn& txn, std::uint64_t group, std::int64_t oldest_ms,
                                std::int64_t now_ms) {
  std::int64_t bytes = 0;
  const std::int64_t last = (now_ms + std::chrono::milliseconds(kMaxEventLead).count()) / kHourMs;
  for (const Hour& hour : co_await list_hours(txn, group, oldest_ms / kHourMs, last, {}))
    bytes += hour.record.bytes;
  co_return bytes;
}

LogGroup describe(const wire::Context& context, const GroupRecord& group, std::int64_t bytes) {
  LogGroup out;
  out.log_group_name = group.name;
  out.creation_time = group.created_ms;
  if (group.retention_days != 0) out.retention_in_days = group.retention_days;
  out.metric_filter_count = 0;
  out.log_group_arn = group_arn(context, group.name);
  out.arn = *out.log_group_arn + ":*";
  out.stored_bytes = bytes;
  if (!group.kms_key_id.empty()) out.kms_key_id = group.kms_key_id;
  out.log_group_class = group.log_group_class;
  out.deletion_protection_enabled = group.deletion_protection;
  return out;
}

}  // namespace

std::int64_t LogsService::oldest_ms(const GroupRecord& group) const {
  if (group.retention_days == 0) return 0;
  const std::chrono::milliseconds kept = std::chrono::days(group.retention_days);
  return std::max<std::int64_t>(0, now_ms() - kept.count());
}

Task<> LogsService::update_group(GroupName name, aws::Error absent,
                                 std::function<void(GroupRecord&)> change) {
  const auto body = [&](store::Txn& txn) -> Task<> {
    std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw absent;
    const auto tags = group->tags;
    change(*group);
    if (group->tags != tags) tags_.change(txn);
    save_group(txn, name, *group);
  };
  co_await store_.transact(body);
}

Task<> LogsService::CreateLogGroup(wire::Context& context, CreateLogGroupRequest input) {
  if (input.log_group_name.starts_with("aws/")) {
    throw invalid_parameter("Log groups starting with AWS/ are reserved for AWS.");
  }
  const GroupName name = group_named(context, input.log_group_name);
  GroupRecord group = new_group(ids_, name.name, now_ms());
  if (input.log_group_class) group.log_group_class = *input.log_group_class;
  group.kms_key_id = input.kms_key_id.value_or("");
  group.deletion_protection = input.deletion_protection_enabled.value_or(false);
  if (input.tags) add_tags(group, std::move(*input.tags));
  const auto body = [&](store::Txn& txn) -> Task<> {
    if (co_await load_group(txn, name)) throw group_exists();
    save_group(txn, name, group);
    if (!group.tags.empty()) tags_.change(txn);
  };
  co_await store_.transact(body);
}

Task<> LogsService::DeleteLogGroup(wire::Context& context, DeleteLogGroupRequest input) {
  const GroupName name = group_named(context, std::move(input.log_group_name));
  const auto body = [&](store::Txn& txn) -> Task<> {
    const std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw group_not_found();
    if (group->deletion_protection) throw deletion_protected();
    erase_group(txn, name, *group);
    tags_.change(txn);
    txn.after_commit([this, id = group->id] { function_logs_.forget_group(id); });
  };
  co_await store_.transact(body);
}

Task<DescribeLogGroupsResponse> LogsService::DescribeLogGroups(wire::Context& context,
                                                               DescribeLogGroupsRequest input) {
  std::vector<GroupName> wanted;
  for (const std::string& identifier : input.log_group_identifiers.value_or(std::vector<std::string>())) {
    wanted.push_back(group_identified(context, identifier));
  }
  const Listing listing = listing_of(context, input);
  const auto body = [&](store::Txn& txn) -> Task<DescribeLogGroupsResponse> {
    DescribeLogGroupsResponse out;
    std::vector<GroupRecord> groups;
    if (wanted.empty()) {
      groups = co_await find_groups(txn, listing);
    } else {
      groups = co_await load_groups(txn, wanted);
    }
    if (groups.size() > listing.limit) {
      groups.resize(listing.limit);
      out.next_token = write_token(ListToken{0, groups.back().name});
    }
    auto& described = out.log_groups.emplace();
    for (const GroupRecord& group : groups) {
      const std::int64_t bytes = co_await stored_bytes(txn, group.id, oldest_ms(group), now_ms());
      described.push_back(describe(context, group, bytes));
    }
    co_return out;
  };
  co_return co_await store_.transact(body);
}

Task<> LogsService::PutRetentionPolicy(wire::Context& context, PutRetentionPolicyRequest input) {
  if (std::ranges::find(kRetentionDays, input.retention_in_days) == kRetentionDays.end()) {
    throw constraint_violation(
        fmt::format("{}", input.retention_in_days), "retentionInDays",
        fmt::format("Member must satisfy enum value set: [{}]", fmt::join(kRetentionDays, ", ")));
  }
  co_await update_group(group_named(context, input.log_group_name), group_not_found(),
                        [&](GroupRecord& group) { group.retention_days = input.retention_in_days; });
}

Task<> LogsService::DeleteRetentionPolicy(wire::Context& context, DeleteRetentionPolicyRequest input) {
  co_await update_group(group_named(context, input.log_group_name), group_not_found(),
                        [](GroupRecord& group) { group.retention_days = 0; });
}

Task<> LogsService::PutLogGroupDeletionProtection(wire::Context& context,
                                                  PutLogGroupDeletionProtectionRequest input) {
  co_await update_group(
      group_identified(context, input.log_group_identifier), group_not_found(),
      [&](GroupRecord& group) { group.deletion_protection = input.deletion_protection_enabled; });
}

}  // namespace martlet::logs
