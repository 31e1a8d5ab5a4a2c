#include "services/iam/managed_policies.h"

#include <algorithm>

#include "base/crypto.h"
#include "services/iam/iam_store.h"

namespace martlet::iam {

namespace {

/// The name of the customer managed policy that `arn` may be in `account`; "" when it cannot be one.
std::string own_policy(const std::string& account, const std::string& arn) {
  const bool own = arn.contains(":iam::" + account + ":policy/");
  return own ? std::string(policy_name(arn)) : std::string();
}

}  // namespace

// aws_policies() is in the source that tools/embed_policies.py writes.

std::string AwsPolicy::id() const {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const Sha256 digest = sha256(arn);
  std::string id = "ANPA";
  for (std::size_t i = 0; i < 17; ++i) id += kAlphabet[digest[i] & 31];
  return id;
}

const AwsPolicy* find_aws_policy(std::string_view arn) {
  const auto all = aws_policies();
  const auto found = std::ranges::lower_bound(all, arn, {}, &AwsPolicy::arn);
  return found != all.end() && found->arn == arn ? &*found : nullptr;
}

bool belongs_to_service(std::string_view arn) { return policy_path(arn) == "/aws-service-role/"; }

std::string_view policy_name(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

std::string_view policy_path(std::string_view arn) {
  const auto first = arn.find('/');
  return arn.substr(first, arn.rfind('/') + 1 - first);
}

Task<bool> policy_exists(store::Txn& txn, std::string account, std::string arn) {
  if (find_aws_policy(arn) != nullptr) co_return true;
  const std::string name = own_policy(account, arn);
  if (name.empty()) co_return false;
  const auto record = co_await load<PolicyRecord>(txn, {account, name});
  co_return record && record->arn == arn;
}

Task<std::optional<std::string>> default_document(store::Txn& txn, std::string account, std::string arn) {
  if (const AwsPolicy* policy = find_aws_policy(arn); policy != nullptr)
    co_return std::string(policy->document);
  const std::string name = own_policy(account, arn);
  if (name.empty()) co_return std::nullopt;
  const auto record = co_await load<PolicyRecord>(txn, {account, name});
  if (!record || record->arn != arn) co_return std::nullopt;
  auto version = co_await load_version(txn, {account, name}, record->default_version);
  if (!version) co_return std::nullopt;
  co_return std::move(version->document);
}

}  // namespace martlet::iam
