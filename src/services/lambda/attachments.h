#pragma once

// What belongs to a function beside its code and configuration, and goes with it:
//   ("lambda", "policy", account, region, function, qualifier)     ResourcePolicy
//   ("lambda", "url", account, region, function, qualifier)        FunctionUrlRecord
//   ("lambda", "url-id", id)                                       FunctionUrlOwner
//   ("lambda", "runtime", account, region, function, qualifier)    RuntimeManagementRecord
//   ("lambda", "settings", account, region, function)              FunctionSettings
//   ("lambda", "code-signing-user", account, region, configuration id, function)   empty: it uses that one
// The qualifier is an alias or version, or empty for the function itself. Everything happens inside the
// caller's transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "services/lambda/resource_policy.h"
#include "store/store.h"

namespace martlet::lambda {

struct CorsRecord {
  bool allow_credentials = false;
  std::vector<std::string> allow_headers;
  std::vector<std::string> allow_methods;
  std::vector<std::string> allow_origins;
  std::vector<std::string> expose_headers;
  std::optional<std::int32_t> max_age_seconds;

  void fields(auto& field) {
    field(1, allow_credentials);
    field(2, allow_headers);
    field(3, allow_methods);
    field(4, allow_origins);
    field(5, expose_headers);
    field(6, max_age_seconds);
  }
};

struct FunctionUrlRecord {
  static constexpr std::uint32_t kVersion = 1;

  /// 32 of [a-z0-9]: the first label of the URL's host.
  std::string id;
  /// An alias; empty for $LATEST.
  std::string qualifier;
  /// "AWS_IAM" or "NONE".
  std::string auth_type;
  /// "BUFFERED" or "RESPONSE_STREAM".
  std::string invoke_mode;
  std::optional<CorsRecord> cors;
  std::int64_t created_ms = 0;
  std::int64_t last_modified_ms = 0;

  void fields(auto& field) {
    field(1, id);
    field(2, qualifier);
    field(3, auth_type);
    field(4, invoke_mode);
    field(5, cors);
    field(6, created_ms);
    field(7, last_modified_ms);
  }
};

/// Whose URL it is.
struct FunctionUrlOwner {
  static constexpr std::uint32_t kVersion = 1;

  std::string account;
  std::string region;
  std::string function;
  std::string qualifier;

  void fields(auto& field) {
    field(1, account);
    field(2, region);
    field(3, function);
    field(4, qualifier);
  }
};

struct RuntimeManagementRecord {
  static constexpr std::uint32_t kVersion = 1;

  /// "Auto", "FunctionUpdate" or "Manual".
  std::string update_runtime_on = "Auto";
  std::string runtime_version_arn;

  void fields(auto& field) {
    field(1, update_runtime_on);
    field(2, runtime_version_arn);
  }
};

struct FunctionSettings {
  static constexpr std::uint32_t kVersion = 1;

  /// "Terminate" or "Allow".
  std::string recursive_loop = "Terminate";
  /// Id of the code signing configuration ("csc-..."); empty for none.
  std::string code_signing_config_id;

  void fields(auto& field) {
    field(1, recursive_loop);
    field(2, code_signing_config_id);
  }
};

/// `name.qualifier` counts; "$LATEST" is the function itself.
Task<std::optional<ResourcePolicy>> load_policy(store::Txn& txn, FunctionName name);
/// Without statements there is no policy.
void save_policy(store::Txn& txn, const FunctionName& name, const ResourcePolicy& policy);

Task<std::optional<FunctionUrlRecord>> load_url(store::Txn& txn, FunctionName name);
void save_url(store::Txn& txn, const FunctionName& name, const FunctionUrlRecord& url);
void erase_url(store::Txn& txn, const FunctionName& name, const FunctionUrlRecord& url);
/// A function's URLs by qualifier; its own comes first.
Task<std::vector<FunctionUrlRecord>> list_urls(store::Txn& txn, FunctionName function);
/// The function, and the alias, that the URL with this id leads to.
Task<std::optional<FunctionName>> find_url_owner(store::Txn& txn, std::string id);

/// Defaults where nothing was stored.
Task<RuntimeManagementRecord> load_runtime_management(store::Txn& txn, FunctionName name);
void save_runtime_management(store::Txn& txn, const FunctionName& name,
                             const RuntimeManagementRecord& record);

/// Defaults where nothing was stored. The qualifier does not count.
Task<FunctionSettings> load_settings(store::Txn& txn, FunctionName name);
/// Keeps the index of code signing configurations in step; `before` is what was stored until now.
void save_settings(store::Txn& txn, const FunctionName& name, const FunctionSettings& settings,
                   const FunctionSettings& before);
/// Names of the functions that use a code signing configuration, in order, after `after`; 0 means all.
Task<std::vector<std::string>> list_code_signing_users(store::Txn& txn, std::string account,
                                                       std::string region, std::string config_id,
                                                       std::string after, std::size_t limit);

/// Erases all that belongs to the function or, where the name has a qualifier, to that alias or version.
Task<> erase_attachments(store::Txn& txn, FunctionName name);

}  // namespace martlet::lambda
