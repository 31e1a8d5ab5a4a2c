// Accounts: CreateAccountAlias, DeleteAccountAlias, ListAccountAliases, GetAccountSummary.

#include "services/iam/account.h"

#include <fmt/core.h>

#include <algorithm>

#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

/// GlobalEndpointTokenVersion: session tokens are of the first form.
constexpr std::int32_t kTokenVersion = 1;

std::int32_t number(std::size_t count) { return static_cast<std::int32_t>(count); }

/// The quotas that GetAccountSummary shows.
std::map<std::string, std::int32_t> quotas() {
  return {{"UsersQuota", number(kUsers.limit)},
          {"GroupsQuota", number(kGroups.limit)},
          {"RolesQuota", number(kRoles.limit)},
          {"InstanceProfilesQuota", number(kInstanceProfiles.limit)},
          {"PoliciesQuota", number(kPolicies.limit)},
          {"AccessKeysPerUserQuota", number(kAccessKeys.limit)},
          {"GroupsPerUserQuota", number(kGroupsOfUser.limit)},
          {"SigningCertificatesPerUserQuota", number(kSigningCertificates.limit)},
          {"ServerCertificatesQuota", number(kServerCertificates.limit)},
          {"PolicyVersionsInUseQuota", 10'000},
          {"VersionsPerPolicyQuota", number(kMaxPolicyVersions)},
          {"AttachedPoliciesPerUserQuota", number(kMaxAttachedPolicies)},
          {"AttachedPoliciesPerGroupQuota", number(kMaxAttachedPolicies)},
          {"AttachedPoliciesPerRoleQuota", number(kMaxAttachedPolicies)},
          {"PolicySizeQuota", number(kManagedPolicySize.limit)},
          {"UserPolicySizeQuota", number(kMaxInlinePoliciesOfUser)},
          {"GroupPolicySizeQuota", number(kMaxInlinePoliciesOfGroup)},
          {"RolePolicySizeQuota", number(kMaxInlinePoliciesOfRole)},
          {"AssumeRolePolicySizeQuota", number(kTrustPolicySize.limit)}};
}

}  // namespace

// An account has one alias: a new one takes the place of the last.
Task<> Account::CreateAccountAlias(wire::Context& context, CreateAccountAliasRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto owner = co_await store::get_record<LinkRecord>(txn, keys::alias_owner(input.account_alias));
    if (owner && owner->name != context.account)
      throw aws::Error("EntityAlreadyExistsException",
                       fmt::format("The account alias {} already exists.", input.account_alias), 409);
    const auto last = co_await store::get_record<LinkRecord>(txn, keys::alias(context.account));
    if (last) txn.erase(keys::alias_owner(last->name));
    store::put_record(txn, keys::alias(context.account), LinkRecord{.name = input.account_alias});
    store::put_record(txn, keys::alias_owner(input.account_alias), LinkRecord{.name = context.account});
  };
  co_await change(body);
}

Task<> Account::DeleteAccountAlias(wire::Context& context, DeleteAccountAliasRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto alias = co_await store::get_record<LinkRecord>(txn, keys::alias(context.account));
    if (!alias || alias->name != input.account_alias)
      throw no_such_entity(fmt::format("The account alias {} cannot be found.", input.account_alias));
    txn.erase(keys::alias(context.account));
    txn.erase(keys::alias_owner(alias->name));
  };
  co_await change(body);
}

Task<ListAccountAliasesResponse> Account::ListAccountAliases(wire::Context& context,
                                                             ListAccountAliasesRequest input) {
  const std::string start = page_start(input.marker);
  auto body = [&](store::Txn& txn) -> Task<std::optional<LinkRecord>> {
    return store::get_record<LinkRecord>(txn, keys::alias(context.account));
  };
  const auto alias = co_await read(body);
  ListAccountAliasesResponse output;
  if (alias && alias->name > start) output.account_aliases.push_back(alias->name);
  output.is_truncated = false;
  co_return output;
}

Task<GetAccountSummaryResponse> Account::GetAccountSummary(wire::Context& context) {
  auto body = [&](store::Txn& txn) -> Task<std::map<std::string, std::int32_t>> {
    auto summary = quotas();
    summary["Users"] = number(co_await count(txn, kUser, context.account));
    summary["Groups"] = number(co_await count(txn, kGroup, context.account));
    summary["Roles"] = number(co_await count(txn, kRole, context.account));
    summary["Policies"] = number(co_await count(txn, PolicyRecord::kNoun, context.account));
    summary["InstanceProfiles"] = number(co_await count(txn, InstanceProfileRecord::kNoun, context.account));
    const auto oidc = co_await txn.scan(store::range_below(keys::oidc_providers(context.account)));
    const auto saml = co_await txn.scan(store::range_below(keys::saml_providers(context.account)));
    summary["Providers"] = number(oidc.size() + saml.size());
    std::map<std::string, Uses> used;
    for (const auto& use : co_await all_policy_uses(txn, context.account))
      count_use(used[use.policy_arn], use);
    summary["PolicyVersionsInUse"] = number(used.size());
    const auto devices = co_await list_below<MfaDeviceRecord>(txn, keys::mfa_devices(context.account), "");
    summary["MFADevices"] = number(devices.size());
    summary["MFADevicesInUse"] = number(static_cast<std::size_t>(
        std::ranges::count_if(devices, [](const MfaDeviceRecord& device) { return !device.user.empty(); })));
    summary["ServerCertificates"] =
        number(co_await count(txn, ServerCertificateRecord::kNoun, context.account));
    for (const char* none : {"AccountAccessKeysPresent", "AccountMFAEnabled", "AccountPasswordPresent",
                             "AccountSigningCertificatesPresent"})
      summary[none] = 0;
    summary["GlobalEndpointTokenVersion"] = kTokenVersion;
    co_return summary;
  };
  GetAccountSummaryResponse output;
  output.summary_map = co_await read(body);
  co_return output;
}

}  // namespace martlet::iam
