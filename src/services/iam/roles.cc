// Roles: CreateRole, GetRole, DeleteRole, ListRoles, ListInstanceProfilesForRole.

#include <fmt/core.h>

#include <set>
#include <utility>

#include "api/iam/values.h"
#include "base/arn.h"
#include "base/strings.h"
#include "services/iam/errors.h"
#include "services/iam/iam_store.h"
#include "services/iam/limits.h"
#include "services/iam/managed_policies.h"
#include "services/iam/paging.h"
#include "services/iam/policy_document.h"
#include "services/iam/service.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

std::vector<TagRecord> to_records(const std::optional<std::vector<Tag>>& tags) {
  std::vector<TagRecord> records;
  std::set<std::string> keys;
  if (!tags) return records;
  for (const Tag& tag : *tags) {
    if (!keys.insert(to_lower(tag.key)).second) throw duplicate_tag_keys();
    records.push_back({.key = tag.key, .value = tag.value});
  }
  return records;
}

void check_trust_policy(const std::string& document) {
  check_policy(document, PolicyKind::kTrust);
  if (counted_size(document) > kMaxTrustPolicySize)
    throw quota_exceeded("ACLSizePerRole", kMaxTrustPolicySize);
}

RoleRecord new_role(const wire::Context& context, const CreateRoleRequest& input, const Dependencies& with) {
  check_trust_policy(input.assume_role_policy_document);
  if (input.permissions_boundary && !is_managed_policy(*input.permissions_boundary))
    throw permissions_boundary_not_found(*input.permissions_boundary);
  RoleRecord role;
  role.name = input.role_name;
  role.path = input.path.value_or("/");
  role.id = "AROA" + with.ids.base32(17);
  role.arn = fmt::format("arn:{}:iam::{}:role{}{}", context.partition, context.account, role.path, role.name);
  // IAM's dates have whole seconds.
  role.created_ms = to_epoch_ms(std::chrono::floor<std::chrono::seconds>(with.clock.now()));
  role.trust_policy = input.assume_role_policy_document;
  role.description = input.description;
  role.max_session_seconds = input.max_session_duration.value_or(kDefaultSessionSeconds);
  role.permissions_boundary = input.permissions_boundary;
  role.tags = to_records(input.tags);
  return role;
}

/// The attributes that every operation shows. IAM gives documents in percent-encoding.
Role brief(const RoleRecord& record) {
  Role role;
  role.path = record.path;
  role.role_name = record.name;
  role.role_id = record.id;
  role.arn = record.arn;
  role.create_date = from_epoch_ms(record.created_ms);
  role.assume_role_policy_document = percent_encode(record.trust_policy);
  role.description = record.description;
  role.max_session_duration = record.max_session_seconds;
  return role;
}

/// brief() and the attributes that lists leave out.
Role full(const RoleRecord& record) {
  Role role = brief(record);
  if (record.permissions_boundary) {
    role.permissions_boundary = AttachedPermissionsBoundary{
        .permissions_boundary_type =
            std::string(values::PermissionsBoundaryAttachmentType::kPermissionsBoundaryPolicy),
        .permissions_boundary_arn = record.permissions_boundary};
  }
  if (!record.tags.empty()) {
    role.tags.emplace();
    for (const TagRecord& tag : record.tags) role.tags->push_back({.key = tag.key, .value = tag.value});
  }
  return role;
}

}  // namespace

Task<CreateRoleResponse> IamService::CreateRole(wire::Context& context, CreateRoleRequest input) {
  const RoleRecord role = new_role(context, input, with_);
  const RoleName name{.account = context.account, .name = role.name};
  auto create = [&](store::Txn& txn) -> Task<> {
    const auto existing = co_await load_role(txn, name);
    if (existing) throw role_exists(role.name);
    const auto roles = co_await list_roles(txn, name.account, "");
    if (roles.size() >= kMaxRolesPerAccount) throw quota_exceeded("RolesPerAccount", kMaxRolesPerAccount);
    save_role(txn, name, role);
  };
  co_await with_.store.transact(create);
  CreateRoleResponse output;
  output.role = full(role);
  co_return output;
}

Task<GetRoleResponse> IamService::GetRole(wire::Context& context, GetRoleRequest input) {
  const RoleName name{.account = context.account, .name = input.role_name};
  auto get = [&](store::Txn& txn) -> Task<RoleRecord> { return require_role(txn, name); };
  const RoleRecord role = co_await with_.store.transact(get);
  GetRoleResponse output;
  output.role = full(role);
  output.role.role_last_used
      .emplace();  // its uses are not recorded: empty, as for a role that was never used
  co_return output;
}

Task<> IamService::DeleteRole(wire::Context& context, DeleteRoleRequest input) {
  const RoleName name{.account = context.account, .name = input.role_name};
  auto erase = [&](store::Txn& txn) -> Task<> {
    co_await require_role(txn, name);
    const auto attached = co_await list_attached(txn, name, "");
    if (!attached.empty()) throw must_detach_policies();
    const auto policies = co_await list_inline_policies(txn, name, "");
    if (!policies.empty()) throw must_delete_policies();
    erase_role(txn, name);
  };
  co_await with_.store.transact(erase);
}

Task<ListRolesResponse> IamService::ListRoles(wire::Context& context, ListRolesRequest input) {
  auto list = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<std::vector<RoleRecord>> {
    return list_roles(txn, context.account, start);
  };
  std::vector<RoleRecord> roles = co_await with_.store.transact(list);
  const std::string prefix = input.path_prefix.value_or("/");
  std::erase_if(roles, [&](const RoleRecord& role) { return !role.path.starts_with(prefix); });
  ListRolesResponse output;
  cut_page(roles, input.max_items, output, [](const RoleRecord& role) { return role.name; });
  for (const RoleRecord& role : roles) output.roles.push_back(brief(role));
  co_return output;
}

// Instance profiles belong to EC2, and none can be created here: a role is in none, which is what those who
// delete a role ask first.
Task<ListInstanceProfilesForRoleResponse> IamService::ListInstanceProfilesForRole(
    wire::Context& context, ListInstanceProfilesForRoleRequest input) {
  page_start(input.marker);
  const RoleName name{.account = context.account, .name = input.role_name};
  auto get = [&](store::Txn& txn) -> Task<> { co_await require_role(txn, name); };
  co_await with_.store.transact(get);
  ListInstanceProfilesForRoleResponse output;
  output.is_truncated = false;
  co_return output;
}

Task<std::string> IamService::role_id(std::string role_arn) {
  const auto arn = Arn::parse(role_arn);
  if (!arn) co_return std::string();
  const RoleName name{.account = arn->account, .name = arn->resource.substr(arn->resource.rfind('/') + 1)};
  const auto role = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<std::optional<RoleRecord>> { return load_role(txn, name); });
  co_return role ? role->id : std::string();
}

}  // namespace martlet::iam
