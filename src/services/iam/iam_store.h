#pragma once

// IAM's data in the store. IAM is global, so no key has a region; `role` is a role's name in lower case,
// because IAM does not tell names apart by case:
//   ("iam", "role", account, role)                       RoleRecord
//   ("iam", "role-attachment", account, role, policy ARN)  AttachmentRecord
//   ("iam", "role-policy", account, role, policy name)   InlinePolicyRecord
// Everything happens inside the caller's transaction.

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/iam/records.h"
#include "store/store.h"

namespace martlet::iam {

/// One role, whether it exists or not.
struct RoleName {
  std::string account;
  std::string name;
};

Task<std::optional<RoleRecord>> load_role(store::Txn& txn, RoleName role);
/// As load_role(), but throws NoSuchEntity when there is none: what most operations on roles begin with.
Task<RoleRecord> require_role(store::Txn& txn, RoleName role);
void save_role(store::Txn& txn, const RoleName& role, const RoleRecord& record);
void erase_role(store::Txn& txn, const RoleName& role);
/// The account's roles in the order of their names, after the name `after` ("" for the first).
Task<std::vector<RoleRecord>> list_roles(store::Txn& txn, std::string account, std::string after);

Task<bool> is_attached(store::Txn& txn, RoleName role, std::string policy_arn);
void attach(store::Txn& txn, const RoleName& role, const std::string& policy_arn);
void detach(store::Txn& txn, const RoleName& role, const std::string& policy_arn);
/// ARNs of the role's managed policies, in their order, after `after`.
Task<std::vector<std::string>> list_attached(store::Txn& txn, RoleName role, std::string after);

Task<std::optional<InlinePolicyRecord>> load_inline_policy(store::Txn& txn, RoleName role,
                                                           std::string policy);
void save_inline_policy(store::Txn& txn, const RoleName& role, const InlinePolicyRecord& record);
void erase_inline_policy(store::Txn& txn, const RoleName& role, const std::string& policy);
/// The role's own policies in the order of their names, after the name `after`.
Task<std::vector<InlinePolicyRecord>> list_inline_policies(store::Txn& txn, RoleName role, std::string after);

}  // namespace martlet::iam
