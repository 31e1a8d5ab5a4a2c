#pragma once

// Code signing configurations in the store:
//   ("lambda", "code-signing-config", account, region, id)   CodeSigningRecord
// (Which functions use one: attachments.h.) Everything happens inside the caller's transaction.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "store/store.h"

namespace martlet::lambda {

struct CodeSigningRecord {
  static constexpr std::uint32_t kVersion = 1;

  /// "csc-" and 17 of [a-z0-9].
  std::string id;
  std::string description;
  std::vector<std::string> signing_profile_version_arns;
  /// "Warn" or "Enforce".
  std::string untrusted_artifact_on_deployment;
  std::int64_t last_modified_ms = 0;
  std::map<std::string, std::string> tags;

  void fields(auto& field) {
    field(1, id);
    field(2, description);
    field(3, signing_profile_version_arns);
    field(4, untrusted_artifact_on_deployment);
    field(5, last_modified_ms);
    field(6, tags);
  }
};

struct CodeSigningId {
  std::string account;
  std::string region;
  std::string id;

  [[nodiscard]] std::string arn(std::string_view partition) const;
};

/// From an ARN in the form that the model's pattern lets through.
CodeSigningId code_signing_id(std::string_view arn);

/// Gives the function that configuration. Throws CodeSigningConfigNotFoundException when it is not there.
Task<> attach_code_signing(store::Txn& txn, FunctionName function, std::string arn);

Task<std::optional<CodeSigningRecord>> load_code_signing(store::Txn& txn, CodeSigningId id);
void save_code_signing(store::Txn& txn, const CodeSigningId& id, const CodeSigningRecord& record);
void erase_code_signing(store::Txn& txn, const CodeSigningId& id);
/// By id, after `after` (empty: from the first).
Task<std::vector<CodeSigningRecord>> list_code_signing(store::Txn& txn, std::string account,
                                                       std::string region, std::string after,
                                                       std::size_t limit);

}  // namespace martlet::lambda
