// Users: CreateUser, GetUser, UpdateUser, DeleteUser, ListUsers; TagUser, UntagUser, ListUserTags.

#include "services/iam/users.h"

#include "services/iam/belongings.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

Name named(const wire::Context& context, const std::string& user) { return {context.account, user}; }

/// GetUser of the account itself.
User root_user(const wire::Context& context) {
  User user;
  user.path = "/";
  user.user_name = "root";
  user.user_id = context.caller.account;
  user.arn = context.caller.arn;
  return user;
}

}  // namespace

User Users::brief(const UserRecord& record) {
  User user;
  user.path = record.path;
  user.user_name = record.name;
  user.user_id = record.id;
  user.arn = record.arn;
  user.create_date = from_epoch_ms(record.created_ms);
  return user;
}

Task<CreateUserResponse> Users::CreateUser(wire::Context& context, CreateUserRequest input) {
  UserRecord user = new_record<UserRecord>(context, input.user_name, input.path);
  user.permissions_boundary = input.permissions_boundary;
  user.tags = to_records(input.tags, TagCase::kIgnored);
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await check_boundary(txn, context.account, user.permissions_boundary);
    co_await create(txn, context.account, user, kUsers);
    change_boundary(txn, {kUser, context.account, user.name}, std::nullopt, user.permissions_boundary);
  };
  co_await change(body);
  CreateUserResponse output;
  output.user = brief(user);
  output.user->permissions_boundary = shown_boundary(user.permissions_boundary);
  output.user->tags = to_optional_tags(user.tags);
  co_return output;
}

Task<GetUserResponse> Users::GetUser(wire::Context& context, GetUserRequest input) {
  GetUserResponse output;
  if (!input.user_name && context.caller.kind == wire::Caller::Kind::kRoot) {
    output.user = root_user(context);
    co_return output;
  }
  auto get = [&](store::Txn& txn) -> Task<UserRecord> {
    return require<UserRecord>(txn, user_or_caller(context, input.user_name));
  };
  const UserRecord user = co_await read(get);
  output.user = brief(user);
  output.user.permissions_boundary = shown_boundary(user.permissions_boundary);
  output.user.tags = to_optional_tags(user.tags);
  co_return output;
}

Task<> Users::UpdateUser(wire::Context& context, UpdateUserRequest input) {
  const Name name = named(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto user = co_await renamed<UserRecord>(txn, context, name, input.new_path, input.new_user_name);
    if (to_lower(user.name) == to_lower(name.name)) co_return;
    co_await move_belongings(txn, name, user.name);
    for (const std::string& group : co_await list_links(txn, kGroupsOfUserLink, name)) {
      erase_member(txn, {name.account, group}, name.name);
      add_member(txn, {name.account, group}, user.name);
    }
    change_boundary(txn, {kUser, name.account, name.name}, user.permissions_boundary, std::nullopt);
    change_boundary(txn, {kUser, name.account, user.name}, std::nullopt, user.permissions_boundary);
  };
  co_await change(body);
}

Task<> Users::DeleteUser(wire::Context& context, DeleteUserRequest input) {
  const Name name = named(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto user = co_await require<UserRecord>(txn, name);
    co_await require_no_belongings(txn, name);
    co_await require_no_policies(txn, {kUser, name.account, name.name});
    const auto groups = co_await list_links(txn, kGroupsOfUserLink, name);
    if (!groups.empty()) throw must_first("remove users from group");
    change_boundary(txn, {kUser, name.account, name.name}, user.permissions_boundary, std::nullopt);
    last_accessed_.forget(txn, user.id);
    erase<UserRecord>(txn, name);
  };
  co_await change(body);
}

Task<ListUsersResponse> Users::ListUsers(wire::Context& context, ListUsersRequest input) {
  ListUsersResponse output;
  for (const auto& user : co_await list_page<UserRecord>(context.account, input, output))
    output.users.push_back(brief(user));
  co_return output;
}

Task<> Users::TagUser(wire::Context& context, TagUserRequest input) {
  return edit<UserRecord>(named(context, input.user_name), [tags = std::move(input.tags)](UserRecord& user) {
    add_tags(user.tags, tags, TagCase::kIgnored);
  });
}

Task<> Users::UntagUser(wire::Context& context, UntagUserRequest input) {
  return edit<UserRecord>(named(context, input.user_name),
                          [keys = std::move(input.tag_keys)](UserRecord& user) {
                            remove_tags(user.tags, keys, TagCase::kIgnored);
                          });
}

Task<ListUserTagsResponse> Users::ListUserTags(wire::Context& context, ListUserTagsRequest input) {
  auto get = [&](store::Txn& txn) -> Task<UserRecord> {
    return require<UserRecord>(txn, named(context, input.user_name));
  };
  const UserRecord user = co_await read(get);
  co_return tags_page<ListUserTagsResponse>(user.tags, input);
}

}  // namespace martlet::iam
