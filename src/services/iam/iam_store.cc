#include "services/iam/iam_store.h"

namespace martlet::iam {

namespace {

using store::Key;

std::string kind(std::string_view noun, std::string_view what) {
  return std::string(noun) + "-" + std::string(what);
}

Key below(const Principal& who, std::string_view what) {
  return Key("iam", kind(who.noun, what), who.account, to_lower(who.name));
}

Key attachment_key(const Principal& who, const std::string& arn) { return below(who, "attachment").add(arn); }

Key inline_policy_key(const Principal& who, const std::string& name) {
  return below(who, "policy").add(name);
}

Key uses_key(const std::string& account, const std::string& arn) {
  return Key("iam", "policy-use", account, arn);
}

Key use_key(const Principal& who, const std::string& arn, std::string_view usage) {
  return uses_key(who.account, arn).add(usage).add(who.noun).add(to_lower(who.name));
}

void add_use(store::Txn& txn, const Principal& who, const std::string& arn, std::string_view usage) {
  store::put_record(txn, use_key(who, arn, usage),
                    PolicyUseRecord{.policy_arn = arn,
                                    .usage = std::string(usage),
                                    .noun = std::string(who.noun),
                                    .name = to_lower(who.name)});
}

Key versions_key(const Name& policy) {
  return Key("iam", "policy-version", policy.account, to_lower(policy.name));
}

Key links_key(std::string_view link, const Name& from) {
  return Key("iam", link, from.account, to_lower(from.name));
}

/// Links are to names, which have no case; but for access keys and devices, which have.
std::string link_target(std::string_view link, const std::string& to) {
  return link == kKeysOfUserLink || link == kMfaOfUserLink ? to : to_lower(to);
}

/// Moves what is below the key `from` to below the key `to`.
Task<> move_below(store::Txn& txn, std::string from, std::string to) {
  for (store::KeyValue& pair : co_await txn.scan(store::range_below(from))) {
    txn.put(to + pair.key.substr(from.size()), std::move(pair.value));
    txn.erase(pair.key);
  }
}

}  // namespace

std::string named_key(std::string_view noun, const Name& name) {
  return Key("iam", noun, name.account, to_lower(name.name));
}

Task<std::size_t> count(store::Txn& txn, std::string_view noun, std::string account) {
  const auto found = co_await txn.scan(store::prefix_range("iam", noun, account));
  co_return found.size();
}

Task<NamedRecord> require_principal(store::Txn& txn, Principal who) {
  auto found = co_await store::get_record<NamedRecord>(txn, named_key(who.noun, {who.account, who.name}));
  if (!found) throw not_found(who.noun, who.name);
  co_return std::move(*found);
}

Task<bool> is_attached(store::Txn& txn, Principal who, std::string policy_arn) {
  const auto found = co_await txn.get(attachment_key(who, policy_arn));
  co_return found.has_value();
}

void attach(store::Txn& txn, const Principal& who, const std::string& policy_arn) {
  store::put_record(txn, attachment_key(who, policy_arn), AttachmentRecord{.policy_arn = policy_arn});
  add_use(txn, who, policy_arn, kAttachment);
}

void detach(store::Txn& txn, const Principal& who, const std::string& policy_arn) {
  txn.erase(attachment_key(who, policy_arn));
  txn.erase(use_key(who, policy_arn, kAttachment));
}

Task<std::vector<std::string>> list_attached(store::Txn& txn, Principal who, std::string after) {
  std::vector<std::string> arns;
  for (AttachmentRecord& record :
       co_await list_below<AttachmentRecord>(txn, below(who, "attachment"), std::move(after))) {
    arns.push_back(std::move(record.policy_arn));
  }
  co_return arns;
}

void change_boundary(store::Txn& txn, const Principal& who, const std::optional<std::string>& from,
                     const std::optional<std::string>& to) {
  if (from) txn.erase(use_key(who, *from, kBoundary));
  if (to) add_use(txn, who, *to, kBoundary);
}

Task<std::optional<InlinePolicyRecord>> load_inline_policy(store::Txn& txn, Principal who,
                                                           std::string policy) {
  return store::get_record<InlinePolicyRecord>(txn, inline_policy_key(who, policy));
}

void save_inline_policy(store::Txn& txn, const Principal& who, const InlinePolicyRecord& record) {
  store::put_record(txn, inline_policy_key(who, record.name), record);
}

void erase_inline_policy(store::Txn& txn, const Principal& who, const std::string& policy) {
  txn.erase(inline_policy_key(who, policy));
}

Task<std::vector<InlinePolicyRecord>> list_inline_policies(store::Txn& txn, Principal who,
                                                           std::string after) {
  return list_below<InlinePolicyRecord>(txn, below(who, "policy"), std::move(after));
}

Task<> rename_principal(store::Txn& txn, Principal who, std::string to) {
  const Principal renamed{.noun = who.noun, .account = who.account, .name = to};
  for (const std::string& arn : co_await list_attached(txn, who, "")) {
    detach(txn, who, arn);
    attach(txn, renamed, arn);
  }
  co_await move_below(txn, below(who, "policy"), below(renamed, "policy"));
}

Task<std::vector<PolicyUseRecord>> policy_uses(store::Txn& txn, std::string account, std::string policy_arn) {
  return list_below<PolicyUseRecord>(txn, uses_key(account, policy_arn), "");
}

Task<std::vector<PolicyUseRecord>> all_policy_uses(store::Txn& txn, std::string account) {
  return list_below<PolicyUseRecord>(txn, Key("iam", "policy-use", account), "");
}

Task<> add_missing_uses(store::Txn& txn) {
  const Key done("iam", "policy-uses-written");
  const auto found = co_await txn.get(done);
  if (found) co_return;
  const std::string role_attachment = kind(kRole, "attachment");
  for (const store::KeyValue& pair : co_await txn.scan(store::prefix_range("iam", role_attachment))) {
    const auto [iam, what, account, role, arn] =
        store::unpack<std::string, std::string, std::string, std::string, std::string>(pair.key);
    add_use(txn, {.noun = kRole, .account = account, .name = role}, arn, kAttachment);
  }
  for (const store::KeyValue& pair : co_await txn.scan(store::prefix_range("iam", kRole))) {
    const auto [iam, what, account, role] =
        store::unpack<std::string, std::string, std::string, std::string>(pair.key);
    const auto record = store::decode<RoleRecord>(pair.value);
    if (record.permissions_boundary)
      add_use(txn, {.noun = kRole, .account = account, .name = role}, *record.permissions_boundary,
              kBoundary);
  }
  txn.put(done, "1");
}

Task<std::optional<PolicyVersionRecord>> load_version(store::Txn& txn, Name policy, std::uint32_t number) {
  return store::get_record<PolicyVersionRecord>(txn, versions_key(policy).add(number));
}

void save_version(store::Txn& txn, const Name& policy, const PolicyVersionRecord& record) {
  store::put_record(txn, versions_key(policy).add(record.number), record);
}

void erase_version(store::Txn& txn, const Name& policy, std::uint32_t number) {
  txn.erase(versions_key(policy).add(number));
}

Task<std::vector<PolicyVersionRecord>> list_versions(store::Txn& txn, Name policy) {
  return list_below<PolicyVersionRecord>(txn, versions_key(policy), "");
}

Task<bool> has_link(store::Txn& txn, std::string_view link, Name from, std::string to) {
  const auto found = co_await txn.get(links_key(link, from).add(link_target(link, to)));
  co_return found.has_value();
}

void add_link(store::Txn& txn, std::string_view link, const Name& from, const std::string& to) {
  const std::string target = link_target(link, to);
  store::put_record(txn, links_key(link, from).add(target), LinkRecord{.name = target});
}

void erase_link(store::Txn& txn, std::string_view link, const Name& from, const std::string& to) {
  txn.erase(links_key(link, from).add(link_target(link, to)));
}

Task<std::vector<std::string>> list_links(store::Txn& txn, std::string_view link, Name from,
                                          std::string after) {
  std::vector<std::string> names;
  for (LinkRecord& record :
       co_await list_below<LinkRecord>(txn, links_key(link, from), link_target(link, after))) {
    names.push_back(std::move(record.name));
  }
  co_return names;
}

void add_member(store::Txn& txn, const Name& group, const std::string& user) {
  add_link(txn, kUsersOfGroupLink, group, user);
  add_link(txn, kGroupsOfUserLink, {group.account, user}, group.name);
}

void erase_member(store::Txn& txn, const Name& group, const std::string& user) {
  erase_link(txn, kUsersOfGroupLink, group, user);
  erase_link(txn, kGroupsOfUserLink, {group.account, user}, group.name);
}

}  // namespace martlet::iam
