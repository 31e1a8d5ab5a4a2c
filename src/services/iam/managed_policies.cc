#include "services/iam/managed_policies.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>

#include "base/crypto.h"
#include "services/iam/iam_store.h"
#include "services/iam/managed_policies_json.h"

namespace martlet::iam {

namespace {

namespace json = boost::json;

/// The same for the same ARN, in the alphabet of unique ids.
std::string id_of(std::string_view arn) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const Sha256 digest = sha256(arn);
  std::string id = "ANPA";
  for (std::size_t i = 0; i < 17; ++i) id += kAlphabet[digest[i] & 31];
  return id;
}

std::string text(const json::object& policy, const char* member) {
  return std::string(std::string_view(policy.at(member).as_string()));
}

AwsPolicy read(std::string_view path_and_name, const json::object& policy) {
  AwsPolicy out;
  const auto slash = path_and_name.rfind('/');
  out.name = path_and_name.substr(slash == std::string_view::npos ? 0 : slash + 1);
  out.path = "/" + std::string(path_and_name.substr(0, path_and_name.size() - out.name.size()));
  out.arn = "arn:aws:iam::aws:policy/" + std::string(path_and_name);
  out.id = id_of(out.arn);
  out.description = text(policy, "description");
  json::object document;
  document["Version"] = "2012-10-17";
  document["Statement"] = policy.at("statements");
  out.document = json::serialize(document);
  return out;
}

std::vector<AwsPolicy> read_all() {
  std::vector<AwsPolicy> policies;
  const json::value all = json::parse(kManagedPoliciesJson);
  for (const auto& member : all.as_object())
    policies.push_back(read(member.key(), member.value().as_object()));
  std::sort(policies.begin(), policies.end(),
            [](const AwsPolicy& a, const AwsPolicy& b) { return a.arn < b.arn; });
  return policies;
}

/// The name of the customer managed policy that `arn` may be in `account`; "" when it cannot be one.
std::string own_policy(const std::string& account, const std::string& arn) {
  const bool own = arn.contains(":iam::" + account + ":policy/");
  return own ? std::string(policy_name(arn)) : std::string();
}

}  // namespace

const std::vector<AwsPolicy>& aws_policies() {
  static const std::vector<AwsPolicy> policies = read_all();
  return policies;
}

const AwsPolicy* find_aws_policy(std::string_view arn) {
  const auto& all = aws_policies();
  const auto found =
      std::lower_bound(all.begin(), all.end(), arn,
                       [](const AwsPolicy& policy, std::string_view key) { return policy.arn < key; });
  return found != all.end() && found->arn == arn ? &*found : nullptr;
}

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
  if (const AwsPolicy* policy = find_aws_policy(arn); policy != nullptr) co_return policy->document;
  const std::string name = own_policy(account, arn);
  if (name.empty()) co_return std::nullopt;
  const auto record = co_await load<PolicyRecord>(txn, {account, name});
  if (!record || record->arn != arn) co_return std::nullopt;
  auto version = co_await load_version(txn, {account, name}, record->default_version);
  if (!version) co_return std::nullopt;
  co_return std::move(version->document);
}

}  // namespace martlet::iam
