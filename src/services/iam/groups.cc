// Groups: CreateGroup, GetGroup, UpdateGroup, DeleteGroup, ListGroups, ListGroupsForUser; AddUserToGroup,
// RemoveUserFromGroup.

#include "services/iam/groups.h"

#include "services/iam/errors.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

Group shown(const GroupRecord& record) {
  return {.path = record.path,
          .group_name = record.name,
          .group_id = record.id,
          .arn = record.arn,
          .create_date = from_epoch_ms(record.created_ms)};
}

}  // namespace

Task<CreateGroupResponse> Groups::CreateGroup(wire::Context& context, CreateGroupRequest input) {
  const auto group = new_record<GroupRecord>(context, input.group_name, input.path);
  auto body = [&](store::Txn& txn) -> Task<> { return create(txn, context.account, group, kGroups); };
  co_await change(body);
  CreateGroupResponse output;
  output.group = shown(group);
  co_return output;
}

Task<GetGroupResponse> Groups::GetGroup(wire::Context& context, GetGroupRequest input) {
  const Name name{context.account, input.group_name};
  GetGroupResponse output;
  auto body = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<std::vector<User>> {
    output.group = shown(co_await require<GroupRecord>(txn, name));
    std::vector<User> users;
    for (const std::string& user : co_await list_links(txn, kUsersOfGroupLink, name, start))
      users.push_back(brief(co_await require<UserRecord>(txn, {name.account, user})));
    co_return users;
  };
  output.users = co_await read(body);
  cut_page(output.users, input.max_items, output, [](const User& user) { return user.user_name; });
  co_return output;
}

Task<> Groups::UpdateGroup(wire::Context& context, UpdateGroupRequest input) {
  const Name name{context.account, input.group_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto group =
        co_await renamed<GroupRecord>(txn, context, name, input.new_path, input.new_group_name);
    if (to_lower(group.name) == to_lower(name.name)) co_return;
    for (const std::string& user : co_await list_links(txn, kUsersOfGroupLink, name)) {
      erase_member(txn, name, user);
      add_member(txn, {name.account, group.name}, user);
    }
  };
  co_await change(body);
}

Task<> Groups::DeleteGroup(wire::Context& context, DeleteGroupRequest input) {
  const Name name{context.account, input.group_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await require<GroupRecord>(txn, name);
    const auto users = co_await list_links(txn, kUsersOfGroupLink, name);
    if (!users.empty()) throw must_first("remove users from group");
    co_await require_no_policies(txn, {kGroup, name.account, name.name});
    erase<GroupRecord>(txn, name);
  };
  co_await change(body);
}

Task<ListGroupsResponse> Groups::ListGroups(wire::Context& context, ListGroupsRequest input) {
  ListGroupsResponse output;
  for (const auto& group : co_await list_page<GroupRecord>(context.account, input, output))
    output.groups.push_back(shown(group));
  co_return output;
}

Task<ListGroupsForUserResponse> Groups::ListGroupsForUser(wire::Context& context,
                                                          ListGroupsForUserRequest input) {
  const Name name{context.account, input.user_name};
  ListGroupsForUserResponse output;
  auto body = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<std::vector<Group>> {
    co_await require<UserRecord>(txn, name);
    std::vector<Group> groups;
    for (const std::string& group : co_await list_links(txn, kGroupsOfUserLink, name, start))
      groups.push_back(shown(co_await require<GroupRecord>(txn, {name.account, group})));
    co_return groups;
  };
  output.groups = co_await read(body);
  cut_page(output.groups, input.max_items, output, [](const Group& group) { return group.group_name; });
  co_return output;
}

Task<> Groups::AddUserToGroup(wire::Context& context, AddUserToGroupRequest input) {
  const Name group{context.account, input.group_name};
  const Name user{context.account, input.user_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await require<GroupRecord>(txn, group);
    co_await require<UserRecord>(txn, user);
    const bool is_member = co_await has_link(txn, kGroupsOfUserLink, user, group.name);
    if (is_member) co_return;  // adding again is no error
    const auto groups = co_await list_links(txn, kGroupsOfUserLink, user);
    if (groups.size() >= kGroupsOfUser.limit) throw quota_exceeded(kGroupsOfUser);
    add_member(txn, group, user.name);
  };
  co_await change(body);
}

Task<> Groups::RemoveUserFromGroup(wire::Context& context, RemoveUserFromGroupRequest input) {
  const Name group{context.account, input.group_name};
  const Name user{context.account, input.user_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await require<GroupRecord>(txn, group);
    co_await require<UserRecord>(txn, user);
    erase_member(txn, group, user.name);
  };
  co_await change(body);
}

}  // namespace martlet::iam
