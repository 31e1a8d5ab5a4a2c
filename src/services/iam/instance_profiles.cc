// Instance profiles: CreateInstanceProfile, GetInstanceProfile, DeleteInstanceProfile, ListInstanceProfiles,
// ListInstanceProfilesForRole; AddRoleToInstanceProfile, RemoveRoleFromInstanceProfile; their tags.

#include "services/iam/errors.h"
#include "services/iam/roles.h"
#include "wire/context.h"

namespace martlet::iam {

Task<InstanceProfile> Roles::shown_profile(store::Txn& txn, std::string account,
                                           InstanceProfileRecord record) {
  InstanceProfile profile;
  profile.path = record.path;
  profile.instance_profile_name = record.name;
  profile.instance_profile_id = record.id;
  profile.arn = record.arn;
  profile.create_date = from_epoch_ms(record.created_ms);
  if (record.role)
    profile.roles.push_back(brief_role(co_await require<RoleRecord>(txn, {account, *record.role})));
  co_return profile;
}

Task<CreateInstanceProfileResponse> Roles::CreateInstanceProfile(wire::Context& context,
                                                                 CreateInstanceProfileRequest input) {
  auto profile = new_record<InstanceProfileRecord>(context, input.instance_profile_name, input.path);
  profile.tags = to_records(input.tags, TagCase::kDistinct);
  CreateInstanceProfileResponse output;
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await create(txn, context.account, profile, kInstanceProfiles);
    output.instance_profile = co_await shown_profile(txn, context.account, profile);
  };
  co_await change(body);
  output.instance_profile.tags = to_optional_tags(profile.tags);
  co_return output;
}

Task<GetInstanceProfileResponse> Roles::GetInstanceProfile(wire::Context& context,
                                                           GetInstanceProfileRequest input) {
  GetInstanceProfileResponse output;
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto profile =
        co_await require<InstanceProfileRecord>(txn, {context.account, input.instance_profile_name});
    output.instance_profile = co_await shown_profile(txn, context.account, profile);
    output.instance_profile.tags = to_optional_tags(profile.tags);
  };
  co_await read(body);
  co_return output;
}

Task<> Roles::DeleteInstanceProfile(wire::Context& context, DeleteInstanceProfileRequest input) {
  const Name name{context.account, input.instance_profile_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto profile = co_await require<InstanceProfileRecord>(txn, name);
    if (profile.role) throw must_first("remove roles from instance profile");
    erase<InstanceProfileRecord>(txn, name);
  };
  co_await change(body);
}

Task<ListInstanceProfilesResponse> Roles::ListInstanceProfiles(wire::Context& context,
                                                               ListInstanceProfilesRequest input) {
  ListInstanceProfilesResponse output;
  const auto records = co_await list_page<InstanceProfileRecord>(context.account, input, output);
  auto body = [&](store::Txn& txn) -> Task<std::vector<InstanceProfile>> {
    std::vector<InstanceProfile> profiles;
    for (const InstanceProfileRecord& record : records)
      profiles.push_back(co_await shown_profile(txn, context.account, record));
    co_return profiles;
  };
  output.instance_profiles = co_await read(body);
  co_return output;
}

Task<ListInstanceProfilesForRoleResponse> Roles::ListInstanceProfilesForRole(
    wire::Context& context, ListInstanceProfilesForRoleRequest input) {
  const Name role{context.account, input.role_name};
  ListInstanceProfilesForRoleResponse output;
  auto body = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<std::vector<InstanceProfile>> {
    co_await require<RoleRecord>(txn, role);
    std::vector<InstanceProfile> profiles;
    for (const std::string& name : co_await list_links(txn, kProfilesOfRoleLink, role, start)) {
      const auto record = co_await require<InstanceProfileRecord>(txn, {role.account, name});
      profiles.push_back(co_await shown_profile(txn, role.account, record));
    }
    co_return profiles;
  };
  output.instance_profiles = co_await read(body);
  cut_page(output.instance_profiles, input.max_items, output,
           [](const InstanceProfile& profile) { return profile.instance_profile_name; });
  co_return output;
}

Task<> Roles::AddRoleToInstanceProfile(wire::Context& context, AddRoleToInstanceProfileRequest input) {
  const Name name{context.account, input.instance_profile_name};
  const Name role_name{context.account, input.role_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    auto profile = co_await require<InstanceProfileRecord>(txn, name);
    check_modifiable(kRole, co_await require<RoleRecord>(txn, role_name));
    if (profile.role) throw quota_exceeded(kRolesOfInstanceProfile);
    profile.role = to_lower(role_name.name);
    save(txn, name.account, profile);
    add_link(txn, kProfilesOfRoleLink, role_name, name.name);
  };
  co_await change(body);
}

Task<> Roles::RemoveRoleFromInstanceProfile(wire::Context& context,
                                            RemoveRoleFromInstanceProfileRequest input) {
  const Name name{context.account, input.instance_profile_name};
  const Name role_name{context.account, input.role_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    auto profile = co_await require<InstanceProfileRecord>(txn, name);
    if (profile.role != to_lower(role_name.name)) throw not_found(kRole, role_name.name);
    profile.role.reset();
    save(txn, name.account, profile);
    erase_link(txn, kProfilesOfRoleLink, role_name, name.name);
  };
  co_await change(body);
}

Task<> Roles::TagInstanceProfile(wire::Context& context, TagInstanceProfileRequest input) {
  return edit<InstanceProfileRecord>({context.account, input.instance_profile_name},
                                     [tags = std::move(input.tags)](InstanceProfileRecord& profile) {
                                       add_tags(profile.tags, tags, TagCase::kDistinct);
                                     });
}

Task<> Roles::UntagInstanceProfile(wire::Context& context, UntagInstanceProfileRequest input) {
  return edit<InstanceProfileRecord>({context.account, input.instance_profile_name},
                                     [keys = std::move(input.tag_keys)](InstanceProfileRecord& profile) {
                                       remove_tags(profile.tags, keys, TagCase::kDistinct);
                                     });
}

Task<ListInstanceProfileTagsResponse> Roles::ListInstanceProfileTags(wire::Context& context,
                                                                     ListInstanceProfileTagsRequest input) {
  auto get = [&](store::Txn& txn) -> Task<InstanceProfileRecord> {
    return require<InstanceProfileRecord>(txn, {context.account, input.instance_profile_name});
  };
  const InstanceProfileRecord profile = co_await read(get);
  co_return tags_page<ListInstanceProfileTagsResponse>(profile.tags, input);
}

}  // namespace martlet::iam
