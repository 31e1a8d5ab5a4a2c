#include "services/iam/iam_store.h"

#include <utility>

#include "base/strings.h"
#include "services/iam/errors.h"
#include "store/key.h"

namespace martlet::iam {

namespace {

using store::Key;

Key role_key(const RoleName& role) { return Key("iam", "role", role.account, to_lower(role.name)); }

Key attachments_key(const RoleName& role) {
  return Key("iam", "role-attachment", role.account, to_lower(role.name));
}

Key attachment_key(const RoleName& role, const std::string& arn) { return attachments_key(role).add(arn); }

Key inline_policies_key(const RoleName& role) {
  return Key("iam", "role-policy", role.account, to_lower(role.name));
}

Key inline_policy_key(const RoleName& role, const std::string& name) {
  return inline_policies_key(role).add(name);
}

/// The records below `parent` whose last key element comes after `after`.
template <class Record>
Task<std::vector<Record>> list_below(store::Txn& txn, Key parent, std::string after) {
  store::Range range = store::range_below(parent);
  if (!after.empty()) range = store::after(std::move(range), Key(parent).add(after));
  std::vector<Record> records;
  for (const store::KeyValue& pair : co_await txn.scan(range))
    records.push_back(store::decode<Record>(pair.value));
  co_return records;
}

}  // namespace

Task<std::optional<RoleRecord>> load_role(store::Txn& txn, RoleName role) {
  return store::get_record<RoleRecord>(txn, role_key(role));
}

Task<RoleRecord> require_role(store::Txn& txn, RoleName role) {
  std::optional<RoleRecord> found = co_await load_role(txn, role);
  if (!found) throw role_not_found(role.name);
  co_return std::move(*found);
}

void save_role(store::Txn& txn, const RoleName& role, const RoleRecord& record) {
  store::put_record(txn, role_key(role), record);
}

void erase_role(store::Txn& txn, const RoleName& role) { txn.erase(role_key(role)); }

Task<std::vector<RoleRecord>> list_roles(store::Txn& txn, std::string account, std::string after) {
  return list_below<RoleRecord>(txn, Key("iam", "role", account), to_lower(after));
}

Task<bool> is_attached(store::Txn& txn, RoleName role, std::string policy_arn) {
  const auto found = co_await txn.get(attachment_key(role, policy_arn));
  co_return found.has_value();
}

void attach(store::Txn& txn, const RoleName& role, const std::string& policy_arn) {
  store::put_record(txn, attachment_key(role, policy_arn), AttachmentRecord{.policy_arn = policy_arn});
}

void detach(store::Txn& txn, const RoleName& role, const std::string& policy_arn) {
  txn.erase(attachment_key(role, policy_arn));
}

Task<std::vector<std::string>> list_attached(store::Txn& txn, RoleName role, std::string after) {
  std::vector<std::string> arns;
  for (AttachmentRecord& record :
       co_await list_below<AttachmentRecord>(txn, attachments_key(role), std::move(after))) {
    arns.push_back(std::move(record.policy_arn));
  }
  co_return arns;
}

Task<std::optional<InlinePolicyRecord>> load_inline_policy(store::Txn& txn, RoleName role,
                                                           std::string policy) {
  return store::get_record<InlinePolicyRecord>(txn, inline_policy_key(role, policy));
}

void save_inline_policy(store::Txn& txn, const RoleName& role, const InlinePolicyRecord& record) {
  store::put_record(txn, inline_policy_key(role, record.name), record);
}

void erase_inline_policy(store::Txn& txn, const RoleName& role, const std::string& policy) {
  txn.erase(inline_policy_key(role, policy));
}

Task<std::vector<InlinePolicyRecord>> list_inline_policies(store::Txn& txn, RoleName role,
                                                           std::string after) {
  return list_below<InlinePolicyRecord>(txn, inline_policies_key(role), std::move(after));
}

}  // namespace martlet::iam
