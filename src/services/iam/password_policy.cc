// The account's password policy: UpdateAccountPasswordPolicy, GetAccountPasswordPolicy,
// DeleteAccountPasswordPolicy.

#include <fmt/core.h>

#include "services/iam/account.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

aws::Error policy_missing(const std::string& account) {
  return no_such_entity(fmt::format("The Password Policy with domain name {} cannot be found.", account));
}

}  // namespace

// What is not given has its default again.
Task<> Account::UpdateAccountPasswordPolicy(wire::Context& context,
                                            UpdateAccountPasswordPolicyRequest input) {
  PasswordPolicyRecord policy;
  policy.minimum_length = input.minimum_password_length.value_or(policy.minimum_length);
  policy.symbols = input.require_symbols.value_or(false);
  policy.numbers = input.require_numbers.value_or(false);
  policy.uppercase = input.require_uppercase_characters.value_or(false);
  policy.lowercase = input.require_lowercase_characters.value_or(false);
  policy.users_may_change = input.allow_users_to_change_password.value_or(false);
  policy.max_age_days = input.max_password_age;
  policy.reuse_prevention = input.password_reuse_prevention;
  policy.hard_expiry = input.hard_expiry.value_or(false);
  auto body = [&](store::Txn& txn) -> Task<> {
    store::put_record(txn, keys::password_policy(context.account), policy);
    co_return;
  };
  co_await change(body);
}

Task<GetAccountPasswordPolicyResponse> Account::GetAccountPasswordPolicy(wire::Context& context) {
  auto body = [&](store::Txn& txn) -> Task<std::optional<PasswordPolicyRecord>> {
    return store::get_record<PasswordPolicyRecord>(txn, keys::password_policy(context.account));
  };
  const auto policy = co_await read(body);
  if (!policy) throw policy_missing(context.account);
  GetAccountPasswordPolicyResponse output;
  output.password_policy = {.minimum_password_length = policy->minimum_length,
                            .require_symbols = policy->symbols,
                            .require_numbers = policy->numbers,
                            .require_uppercase_characters = policy->uppercase,
                            .require_lowercase_characters = policy->lowercase,
                            .allow_users_to_change_password = policy->users_may_change,
                            .expire_passwords = policy->max_age_days.has_value(),
                            .max_password_age = policy->max_age_days,
                            .password_reuse_prevention = policy->reuse_prevention,
                            .hard_expiry = policy->hard_expiry};
  co_return output;
}

Task<> Account::DeleteAccountPasswordPolicy(wire::Context& context) {
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto policy = co_await txn.get(keys::password_policy(context.account));
    if (!policy) throw policy_missing(context.account);
    txn.erase(keys::password_policy(context.account));
  };
  co_await change(body);
}

}  // namespace martlet::iam
