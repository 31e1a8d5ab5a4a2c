#pragma once

// IAM's data in the store. IAM is global, so no key has a region. Names of users, groups, roles, policies and
// instance profiles are in keys in lower case, because IAM does not tell them apart by case. Below "iam":
//   (NOUN, account, name)                          UserRecord, GroupRecord, RoleRecord, PolicyRecord,
//                                                  InstanceProfileRecord, ServerCertificateRecord;
//                                                  NOUN is the record's kNoun
//   (NOUN-attachment, account, name, policy ARN)   AttachmentRecord, for user, group and role
//   (NOUN-policy, account, name, policy name)      InlinePolicyRecord, likewise
//   (policy-use, account, policy ARN, usage, NOUN, name)   PolicyUseRecord: the way back from policies
//   (policy-version, account, policy, number)      PolicyVersionRecord
//   (LINK, account, name, other name)              LinkRecord; LINK is one of the constants below
// credential_store.h has credentials, providers and account settings. Everything happens inside the caller's
// transaction.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/task.h"
#include "services/iam/errors.h"
#include "services/iam/records.h"
#include "store/key.h"
#include "store/store.h"

namespace martlet::iam {

/// Something that has a name in an account, whether it exists or not.
struct Name {
  std::string account;
  std::string name;
};

/// Somebody to whom policies can be given: a user, a group or a role.
struct Principal {
  /// kUser, kGroup or kRole.
  std::string_view noun;
  std::string account;
  std::string name;
};

// ---- Things with a name ----

std::string named_key(std::string_view noun, const Name& name);

template <class Record>
Task<std::optional<Record>> load(store::Txn& txn, Name name) {
  return store::get_record<Record>(txn, named_key(Record::kNoun, name));
}

/// As load(), but throws NoSuchEntity when there is none: what most operations begin with.
template <class Record>
Task<Record> require(store::Txn& txn, Name name) {
  std::optional<Record> found = co_await load<Record>(txn, name);
  if (!found) throw not_found(Record::kNoun, name.name);
  co_return std::move(*found);
}

/// Stores `record` under its name in `account`.
template <class Record>
void save(store::Txn& txn, const std::string& account, const Record& record) {
  store::put_record(txn, named_key(Record::kNoun, {account, record.name}), record);
}

template <class Record>
void erase(store::Txn& txn, const Name& name) {
  txn.erase(named_key(Record::kNoun, name));
}

/// The records below `parent` whose next key element comes after `after`; all when that is empty.
template <class Record>
Task<std::vector<Record>> list_below(store::Txn& txn, store::Key parent, std::string after) {
  store::Range range = store::range_below(parent);
  if (!after.empty()) range = store::after(std::move(range), store::Key(parent).add(after));
  std::vector<Record> records;
  for (const store::KeyValue& pair : co_await txn.scan(range))
    records.push_back(store::decode<Record>(pair.value));
  co_return records;
}

/// The account's records of a kind in the order of their names, after the name `after` ("" for the first).
template <class Record>
Task<std::vector<Record>> list(store::Txn& txn, std::string account, std::string after) {
  return list_below<Record>(txn, store::Key("iam", Record::kNoun, account), to_lower(after));
}

/// How many of them the account has.
Task<std::size_t> count(store::Txn& txn, std::string_view noun, std::string account);

/// What all named records have in common; throws NoSuchEntity.
Task<NamedRecord> require_principal(store::Txn& txn, Principal who);

// ---- Policies of principals ----

Task<bool> is_attached(store::Txn& txn, Principal who, std::string policy_arn);
void attach(store::Txn& txn, const Principal& who, const std::string& policy_arn);
void detach(store::Txn& txn, const Principal& who, const std::string& policy_arn);
/// ARNs of its managed policies, in their order, after `after`.
Task<std::vector<std::string>> list_attached(store::Txn& txn, Principal who, std::string after);

/// Notes that `who` has another permissions boundary than before; the record of `who` is the caller's to
/// save.
void change_boundary(store::Txn& txn, const Principal& who, const std::optional<std::string>& from,
                     const std::optional<std::string>& to);

Task<std::optional<InlinePolicyRecord>> load_inline_policy(store::Txn& txn, Principal who,
                                                           std::string policy);
void save_inline_policy(store::Txn& txn, const Principal& who, const InlinePolicyRecord& record);
void erase_inline_policy(store::Txn& txn, const Principal& who, const std::string& policy);
/// Its own policies in the order of their names, after the name `after`.
Task<std::vector<InlinePolicyRecord>> list_inline_policies(store::Txn& txn, Principal who, std::string after);

/// Moves everything that is stored below the name of `who`, but not its record, to another name.
Task<> rename_principal(store::Txn& txn, Principal who, std::string to);

inline constexpr std::string_view kAttachment = "attachment";
inline constexpr std::string_view kBoundary = "boundary";

/// Uses of one policy.
Task<std::vector<PolicyUseRecord>> policy_uses(store::Txn& txn, std::string account, std::string policy_arn);
/// Uses of all policies by the account.
Task<std::vector<PolicyUseRecord>> all_policy_uses(store::Txn& txn, std::string account);

/// Writes the uses of policies where a store of an earlier version has none.
Task<> add_missing_uses(store::Txn& txn);

// ---- Versions of policies ----

Task<std::optional<PolicyVersionRecord>> load_version(store::Txn& txn, Name policy, std::uint32_t number);
void save_version(store::Txn& txn, const Name& policy, const PolicyVersionRecord& record);
void erase_version(store::Txn& txn, const Name& policy, std::uint32_t number);
/// By number.
Task<std::vector<PolicyVersionRecord>> list_versions(store::Txn& txn, Name policy);

// ---- Links between things ----

inline constexpr std::string_view kGroupsOfUserLink = "user-group";
inline constexpr std::string_view kUsersOfGroupLink = "group-user";
inline constexpr std::string_view kKeysOfUserLink = "user-key";
/// To devices for multi-factor authentication, by their paths and names.
inline constexpr std::string_view kMfaOfUserLink = "user-mfa";
inline constexpr std::string_view kProfilesOfRoleLink = "role-profile";

/// Whether `from` has the link to `to`.
Task<bool> has_link(store::Txn& txn, std::string_view link, Name from, std::string to);
void add_link(store::Txn& txn, std::string_view link, const Name& from, const std::string& to);
void erase_link(store::Txn& txn, std::string_view link, const Name& from, const std::string& to);
/// Names to which `from` has links, in their order, after `after`; in lower case, but for access keys and
/// devices.
Task<std::vector<std::string>> list_links(store::Txn& txn, std::string_view link, Name from,
                                          std::string after = "");

/// Makes or ends a membership, in both directions.
void add_member(store::Txn& txn, const Name& group, const std::string& user);
void erase_member(store::Txn& txn, const Name& group, const std::string& user);

}  // namespace martlet::iam
