#pragma once

// Managed policies: those that AWS keeps for all accounts, as far as serverless applications use them
// (managed_policies.json, part of this program), and how any managed policy is found by its ARN.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "store/store.h"

namespace martlet::iam {

/// A policy of AWS's. There is one version of each.
struct AwsPolicy {
  std::string name;
  /// "/" or "/service-role/".
  std::string path;
  std::string arn;
  /// "ANPA" and 17 characters, always the same.
  std::string id;
  std::string description;
  std::string document;
};

inline constexpr std::string_view kAwsPolicyVersion = "v1";
/// When every policy of AWS's is said to have been made: 2015-02-06T18:40:00Z.
inline constexpr std::int64_t kAwsPolicyCreatedMs = 1'423'248'000'000;

/// In the order of their ARNs.
const std::vector<AwsPolicy>& aws_policies();
/// Null when AWS has no such policy, or none that is known here.
const AwsPolicy* find_aws_policy(std::string_view arn);

/// Of a managed policy's ARN: "AWSLambdaBasicExecutionRole".
std::string_view policy_name(std::string_view arn);
/// Of a managed policy's ARN: "/service-role/".
std::string_view policy_path(std::string_view arn);

/// Whether somebody in `account` can be given the managed policy `arn`.
Task<bool> policy_exists(store::Txn& txn, std::string account, std::string arn);
/// The document of its default version; nullopt when there is no such policy.
Task<std::optional<std::string>> default_document(store::Txn& txn, std::string account, std::string arn);

}  // namespace martlet::iam
