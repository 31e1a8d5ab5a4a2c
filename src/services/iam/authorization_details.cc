// Everything of an account in one list: GetAccountAuthorizationDetails.

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/strings.h"
#include "services/iam/account.h"
#include "services/iam/credential_store.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

Task<std::vector<PolicyDetail>> inline_details(store::Txn& txn, Principal who) {
  std::vector<PolicyDetail> details;
  for (const auto& policy : co_await list_inline_policies(txn, who, ""))
    details.push_back({.policy_name = policy.name, .policy_document = percent_encode(policy.document)});
  co_return details;
}

/// The part of a detail that users, groups and roles have in common.
template <class Detail>
Detail start(const NamedRecord& record) {
  Detail detail;
  detail.path = record.path;
  detail.arn = record.arn;
  detail.create_date = from_epoch_ms(record.created_ms);
  return detail;
}

ManagedPolicyDetail to_detail(const Policy& policy, std::vector<PolicyVersion> versions) {
  ManagedPolicyDetail detail;
  detail.policy_name = policy.policy_name;
  detail.policy_id = policy.policy_id;
  detail.arn = policy.arn;
  detail.path = policy.path;
  detail.default_version_id = policy.default_version_id;
  detail.attachment_count = policy.attachment_count;
  detail.permissions_boundary_usage_count = policy.permissions_boundary_usage_count;
  detail.is_attachable = policy.is_attachable;
  detail.create_date = policy.create_date;
  detail.update_date = policy.update_date;
  detail.policy_version_list = std::move(versions);
  return detail;
}

/// Collects one page over lists of several kinds, which follow one another: a marker names the kind, by its
/// place, and the name after which the page starts.
class Page {
 public:
  Page(const GetAccountAuthorizationDetailsRequest& input, const std::string& start)
      : filter_(input.filter),
        start_(start),
        room_(static_cast<std::size_t>(input.max_items.value_or(kDefaultPageSize))) {}

  [[nodiscard]] bool wants(std::string_view kind) const {
    return !filter_ || filter_->empty() ||
           std::find(filter_->begin(), filter_->end(), kind) != filter_->end();
  }
  /// Whether the thing belongs on this page; notes where the next one starts when there is no room for it.
  bool take(char place, const std::string& name) {
    const std::string key = place + to_lower(name);
    if (is_truncated || key <= start_) return false;
    is_truncated = taken_ == room_;
    if (is_truncated) return false;
    ++taken_;
    last = key;
    return true;
  }

  bool is_truncated = false;
  std::string last;

 private:
  std::optional<std::vector<std::string>> filter_;
  std::string start_;
  std::size_t room_;
  std::size_t taken_ = 0;
};

}  // namespace

Task<UserDetail> Account::detail(store::Txn& txn, std::string account, UserRecord record) {
  const Principal who{kUser, account, record.name};
  auto detail = start<UserDetail>(record);
  detail.user_name = record.name;
  detail.user_id = record.id;
  detail.user_policy_list = co_await inline_details(txn, who);
  detail.attached_managed_policies = to_attached(co_await list_attached(txn, who, ""));
  detail.group_list.emplace();
  for (const std::string& group : co_await list_links(txn, kGroupsOfUserLink, {account, record.name}))
    detail.group_list->push_back((co_await require_principal(txn, {kGroup, account, group})).name);
  detail.permissions_boundary = shown_boundary(record.permissions_boundary);
  detail.tags = to_tags(record.tags);
  co_return detail;
}

Task<GroupDetail> Account::detail(store::Txn& txn, std::string account, GroupRecord record) {
  const Principal who{kGroup, account, record.name};
  auto detail = start<GroupDetail>(record);
  detail.group_name = record.name;
  detail.group_id = record.id;
  detail.group_policy_list = co_await inline_details(txn, who);
  detail.attached_managed_policies = to_attached(co_await list_attached(txn, who, ""));
  co_return detail;
}

Task<RoleDetail> Account::detail(store::Txn& txn, std::string account, RoleRecord record) {
  const Principal who{kRole, account, record.name};
  auto detail = start<RoleDetail>(record);
  detail.role_name = record.name;
  detail.role_id = record.id;
  detail.assume_role_policy_document = percent_encode(record.trust_policy);
  detail.role_policy_list = co_await inline_details(txn, who);
  detail.attached_managed_policies = to_attached(co_await list_attached(txn, who, ""));
  detail.instance_profile_list.emplace();
  for (const std::string& name : co_await list_links(txn, kProfilesOfRoleLink, {account, record.name})) {
    const auto profile = co_await require<InstanceProfileRecord>(txn, {account, name});
    detail.instance_profile_list->push_back(co_await shown_profile(txn, account, profile));
  }
  detail.permissions_boundary = shown_boundary(record.permissions_boundary);
  detail.tags = to_tags(record.tags);
  detail.role_last_used.emplace();
  if (const auto use = co_await last_accessed_.last_use(txn, record.id); use) {
    detail.role_last_used->last_used_date = from_epoch_ms(use->used_ms / 1000 * 1000);
    detail.role_last_used->region = use->region;
  }
  co_return detail;
}

Task<GetAccountAuthorizationDetailsResponse> Account::GetAccountAuthorizationDetails(
    wire::Context& context, GetAccountAuthorizationDetailsRequest input) {
  const std::string from = page_start(input.marker);
  const std::string& account = context.account;
  GetAccountAuthorizationDetailsResponse output;
  auto body = [&](store::Txn& txn) -> Task<> {
    Page page(input, from);
    output = {};
    output.user_detail_list.emplace();
    output.group_detail_list.emplace();
    output.role_detail_list.emplace();
    output.policies.emplace();
    if (page.wants("User"))
      for (const auto& user : co_await list<UserRecord>(txn, account, ""))
        if (page.take('1', user.name))
          output.user_detail_list->push_back(co_await detail(txn, account, user));
    if (page.wants("Group"))
      for (const auto& group : co_await list<GroupRecord>(txn, account, ""))
        if (page.take('2', group.name))
          output.group_detail_list->push_back(co_await detail(txn, account, group));
    if (page.wants("Role"))
      for (const auto& role : co_await list<RoleRecord>(txn, account, ""))
        if (page.take('3', role.name))
          output.role_detail_list->push_back(co_await detail(txn, account, role));
    std::map<std::string, Uses> uses;
    for (const auto& use : co_await all_policy_uses(txn, account)) count_use(uses[use.policy_arn], use);
    if (page.wants("LocalManagedPolicy"))
      for (const auto& policy : co_await list<PolicyRecord>(txn, account, "")) {
        if (!page.take('4', policy.name)) continue;
        std::vector<PolicyVersion> versions;
        for (const auto& version : co_await list_versions(txn, {account, policy.name}))
          versions.push_back(shown_version(policy, version));
        output.policies->push_back(to_detail(shown_policy(policy, uses[policy.arn]), std::move(versions)));
      }
    if (page.wants("AWSManagedPolicy"))
      for (const AwsPolicy& policy : aws_policies()) {  // those that the account uses
        const auto used = uses.find(std::string(policy.arn));
        if (used != uses.end() && page.take('5', used->first))
          output.policies->push_back(to_detail(shown_policy(policy, used->second), {only_version(policy)}));
      }
    output.is_truncated = page.is_truncated;
    if (page.is_truncated) output.marker = base64_encode(page.last);
  };
  co_await read(body);
  co_return output;
}

}  // namespace martlet::iam
