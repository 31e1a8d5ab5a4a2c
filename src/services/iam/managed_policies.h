#pragma once

// Managed policies: those that AWS keeps for all accounts, as far as serverless applications use them
// (managed_policies.json, which the build makes a constant table of), and how any managed policy is found by
// its ARN.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/task.h"
#include "store/store.h"

namespace martlet::iam {

/// A policy of AWS's, in its default version; older ones are not kept. Constant data of the program.
struct AwsPolicy {
  std::string_view arn;
  std::string_view description;
  /// "v3"
  std::string_view version;
  /// When the policy was made; where that is not known, when its default version was.
  std::int64_t created_ms = 0;
  /// When its default version was made.
  std::int64_t updated_ms = 0;
  std::string_view document;

  /// "ANPA" and 17 characters, always the same.
  [[nodiscard]] std::string id() const;
};

/// In the order of their ARNs.
std::span<const AwsPolicy> aws_policies();
/// Null when AWS has no such policy, or none that is known here.
const AwsPolicy* find_aws_policy(std::string_view arn);
/// Whether only the role of a service may have the policy ("aws-service-role/").
bool belongs_to_service(std::string_view arn);

/// Of a managed policy's ARN: "AWSLambdaBasicExecutionRole".
std::string_view policy_name(std::string_view arn);
/// Of a managed policy's ARN: "/service-role/".
std::string_view policy_path(std::string_view arn);

/// Whether somebody in `account` can be given the managed policy `arn`.
Task<bool> policy_exists(store::Txn& txn, std::string account, std::string arn);
/// The document of its default version; nullopt when there is no such policy.
Task<std::optional<std::string>> default_document(store::Txn& txn, std::string account, std::string arn);

}  // namespace martlet::iam
