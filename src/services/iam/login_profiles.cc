// Login profiles: CreateLoginProfile, GetLoginProfile, UpdateLoginProfile, DeleteLoginProfile,
// ChangePassword.

#include <fmt/core.h>

#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/password_rules.h"
#include "services/iam/users.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

std::string place_of(const UserRecord& user) { return "login/" + user.id; }

Task<LoginProfileRecord> require_login(store::Txn& txn, Name name) {
  auto login = co_await store::get_record<LoginProfileRecord>(txn, keys::login(name.account, name.name));
  if (!login) throw login_profile_not_found(name.name);
  co_return std::move(*login);
}

Task<std::optional<PasswordPolicyRecord>> load_policy(store::Txn& txn, std::string account) {
  return store::get_record<PasswordPolicyRecord>(txn, keys::password_policy(account));
}

LoginProfile shown(const UserRecord& user, const LoginProfileRecord& login) {
  return {.user_name = user.name,
          .create_date = from_epoch_ms(login.created_ms),
          .password_reset_required = login.reset_required};
}

}  // namespace

Task<CreateLoginProfileResponse> Users::CreateLoginProfile(wire::Context& context,
                                                           CreateLoginProfileRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  if (!input.password) throw validation_error("A login profile needs a password.");
  auto body = [&](store::Txn& txn) -> Task<LoginProfile> {
    const auto user = co_await require<UserRecord>(txn, name);
    const auto existing = co_await txn.get(keys::login(name.account, name.name));
    if (existing)
      throw aws::Error("EntityAlreadyExistsException",
                       fmt::format("Login Profile for user {} already exists.", name.name), 409);
    check_password(co_await load_policy(txn, name.account), name.account, user.name, *input.password);
    LoginProfileRecord login;
    login.created_ms = now_ms();
    login.password_changed_ms = login.created_ms;
    login.reset_required = input.password_reset_required.value_or(false);
    set_password(login, *input.password, place_of(user), with_.ids, with_.secrets);
    store::put_record(txn, keys::login(name.account, name.name), login);
    co_return shown(user, login);
  };
  CreateLoginProfileResponse output;
  output.login_profile = co_await change(body);
  co_return output;
}

Task<GetLoginProfileResponse> Users::GetLoginProfile(wire::Context& context, GetLoginProfileRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<LoginProfile> {
    const auto user = co_await require<UserRecord>(txn, name);
    co_return shown(user, co_await require_login(txn, name));
  };
  GetLoginProfileResponse output;
  output.login_profile = co_await read(body);
  co_return output;
}

Task<> Users::UpdateLoginProfile(wire::Context& context, UpdateLoginProfileRequest input) {
  const Name name{context.account, input.user_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto user = co_await require<UserRecord>(txn, name);
    LoginProfileRecord login = co_await require_login(txn, name);
    if (input.password_reset_required) login.reset_required = *input.password_reset_required;
    if (input.password) {
      check_password(co_await load_policy(txn, name.account), name.account, user.name, *input.password);
      set_password(login, *input.password, place_of(user), with_.ids, with_.secrets);
      login.password_changed_ms = now_ms();
    }
    store::put_record(txn, keys::login(name.account, name.name), login);
  };
  co_await change(body);
}

Task<> Users::DeleteLoginProfile(wire::Context& context, DeleteLoginProfileRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await require<UserRecord>(txn, name);
    co_await require_login(txn, name);
    txn.erase(keys::login(name.account, name.name));
  };
  co_await change(body);
}

Task<> Users::ChangePassword(wire::Context& context, ChangePasswordRequest input) {
  if (context.caller.kind != wire::Caller::Kind::kUser)
    throw aws::Error("InvalidUserTypeException", "Only a user of IAM can change the password.", 400);
  const Name name = user_or_caller(context, std::nullopt);
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto user = co_await require<UserRecord>(txn, name);
    LoginProfileRecord login = co_await require_login(txn, name);
    if (!is_password(login, input.old_password, place_of(user), with_.secrets))
      throw aws::Error("AccessDenied", "The old password was incorrect.", 403);
    check_password(co_await load_policy(txn, name.account), name.account, user.name, input.new_password);
    set_password(login, input.new_password, place_of(user), with_.ids, with_.secrets);
    login.password_changed_ms = now_ms();
    login.reset_required = false;
    store::put_record(txn, keys::login(name.account, name.name), login);
  };
  co_await change(body);
}

}  // namespace martlet::iam
