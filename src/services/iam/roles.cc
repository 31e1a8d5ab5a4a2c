// Roles: CreateRole, GetRole, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole,
// ListRoles; TagRole, UntagRole, ListRoleTags.

#include "services/iam/roles.h"

#include "base/arn.h"
#include "base/strings.h"
#include "policy/check.h"
#include "services/iam/errors.h"
#include "services/iam/policy_document.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

void check_trust_policy(const std::string& document) {
  check_policy(document, PolicyKind::kTrust);
  if (counted_size(document) > kTrustPolicySize.limit) throw quota_exceeded(kTrustPolicySize);
}

template <class Record>
Task<bool> exists(store::Txn& txn, Name name, std::string arn) {
  const auto record = co_await load<Record>(txn, name);
  co_return record && record->arn == arn;
}

/// Who is trusted must exist, as far as that is known: in the role's own account.
Task<> check_trusted(store::Txn& txn, std::string account, std::string document) {
  for (const std::string& text : policy::trusted_arns(document)) {
    const auto arn = Arn::parse(text);
    if (!arn || arn->service != "iam" || arn->account != account || arn->resource == "root") continue;
    const Name name{account, arn->resource.substr(arn->resource.rfind('/') + 1)};
    const bool found = co_await (arn->resource.starts_with("user/") ? exists<UserRecord>(txn, name, text)
                                                                    : exists<RoleRecord>(txn, name, text));
    if (!found) throw invalid_principal(text);
  }
}

}  // namespace

Role Roles::brief_role(const RoleRecord& record) {
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

Role Roles::full_role(const RoleRecord& record) {
  Role role = brief_role(record);
  role.permissions_boundary = shown_boundary(record.permissions_boundary);
  role.tags = to_optional_tags(record.tags);
  return role;
}

template <class Edit>
Task<RoleRecord> Roles::edit_role(Name name, Edit edit) {
  auto body = [&](store::Txn& txn) -> Task<RoleRecord> {
    auto role = co_await require<RoleRecord>(txn, name);
    edit(role);
    save(txn, name.account, role);
    co_return role;
  };
  co_return co_await change(body);
}

Task<CreateRoleResponse> Roles::CreateRole(wire::Context& context, CreateRoleRequest input) {
  check_trust_policy(input.assume_role_policy_document);
  auto role = new_record<RoleRecord>(context, input.role_name, input.path);
  role.trust_policy = input.assume_role_policy_document;
  role.description = input.description;
  role.max_session_seconds = input.max_session_duration.value_or(kDefaultSessionSeconds);
  role.permissions_boundary = input.permissions_boundary;
  role.tags = to_records(input.tags, TagCase::kIgnored);
  check_modifiable(kRole, role);
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await check_trusted(txn, context.account, role.trust_policy);
    co_await check_boundary(txn, context.account, role.permissions_boundary);
    co_await create(txn, context.account, role, kRoles);
    change_boundary(txn, {kRole, context.account, role.name}, std::nullopt, role.permissions_boundary);
  };
  co_await change(body);
  CreateRoleResponse output;
  output.role = full_role(role);
  co_return output;
}

Task<GetRoleResponse> Roles::GetRole(wire::Context& context, GetRoleRequest input) {
  GetRoleResponse output;
  auto body = [&](store::Txn& txn) -> Task<> {
    output.role = full_role(co_await require<RoleRecord>(txn, {context.account, input.role_name}));
    output.role.role_last_used.emplace();  // stays empty for a role that was never used
    const auto use = co_await last_accessed_.last_use(txn, output.role.role_id);
    if (use) {
      output.role.role_last_used->last_used_date = from_epoch_ms(use->used_ms / 1000 * 1000);
      output.role.role_last_used->region = use->region;
    }
  };
  co_await read(body);
  co_return output;
}

Task<UpdateRoleResponse> Roles::UpdateRole(wire::Context& context, UpdateRoleRequest input) {
  co_await edit_role({context.account, input.role_name}, [&](RoleRecord& role) {
    if (input.description) role.description = input.description;
    if (input.max_session_duration) check_modifiable(kRole, role);
    if (input.max_session_duration) role.max_session_seconds = *input.max_session_duration;
  });
  co_return UpdateRoleResponse{};
}

Task<UpdateRoleDescriptionResponse> Roles::UpdateRoleDescription(wire::Context& context,
                                                                 UpdateRoleDescriptionRequest input) {
  UpdateRoleDescriptionResponse output;
  output.role = full_role(co_await edit_role(
      {context.account, input.role_name}, [&](RoleRecord& role) { role.description = input.description; }));
  co_return output;
}

Task<> Roles::UpdateAssumeRolePolicy(wire::Context& context, UpdateAssumeRolePolicyRequest input) {
  check_trust_policy(input.policy_document);
  const Name name{context.account, input.role_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    auto role = co_await require<RoleRecord>(txn, name);
    check_modifiable(kRole, role);
    co_await check_trusted(txn, name.account, input.policy_document);
    role.trust_policy = input.policy_document;
    save(txn, name.account, role);
  };
  co_await change(body);
}

Task<> Roles::DeleteRole(wire::Context& context, DeleteRoleRequest input) {
  const Name name{context.account, input.role_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto role = co_await require<RoleRecord>(txn, name);
    check_modifiable(kRole, role);
    const auto profiles = co_await list_links(txn, kProfilesOfRoleLink, name);
    if (!profiles.empty()) throw must_first("remove roles from instance profile");
    co_await require_no_policies(txn, {kRole, name.account, name.name});
    change_boundary(txn, {kRole, name.account, name.name}, role.permissions_boundary, std::nullopt);
    last_accessed_.forget(txn, role.id);
    erase<RoleRecord>(txn, name);
  };
  co_await change(body);
}

Task<ListRolesResponse> Roles::ListRoles(wire::Context& context, ListRolesRequest input) {
  ListRolesResponse output;
  for (const auto& role : co_await list_page<RoleRecord>(context.account, input, output))
    output.roles.push_back(brief_role(role));
  co_return output;
}

Task<> Roles::TagRole(wire::Context& context, TagRoleRequest input) {
  co_await edit_role({context.account, input.role_name},
                     [&](RoleRecord& role) { add_tags(role.tags, input.tags, TagCase::kIgnored); });
}

Task<> Roles::UntagRole(wire::Context& context, UntagRoleRequest input) {
  co_await edit_role({context.account, input.role_name},
                     [&](RoleRecord& role) { remove_tags(role.tags, input.tag_keys, TagCase::kIgnored); });
}

Task<ListRoleTagsResponse> Roles::ListRoleTags(wire::Context& context, ListRoleTagsRequest input) {
  auto get = [&](store::Txn& txn) -> Task<RoleRecord> {
    return require<RoleRecord>(txn, {context.account, input.role_name});
  };
  const RoleRecord role = co_await read(get);
  co_return tags_page<ListRoleTagsResponse>(role.tags, input);
}

Task<std::string> Roles::role_id(std::string role_arn) {
  const auto arn = Arn::parse(role_arn);
  if (!arn) co_return std::string();
  const auto role =
      co_await directory_.role(arn->account, arn->resource.substr(arn->resource.rfind('/') + 1));
  co_return role ? role->id : std::string();
}

}  // namespace martlet::iam
