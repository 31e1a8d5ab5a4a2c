#pragma once

// Functions and their versions in the store:
//   ("lambda", "function", account, region, name)               FunctionRecord: $LATEST
//   ("lambda", "version", account, region, name, number)        FunctionRecord: a published version
//   ("lambda", "last-version", account, region, name)           the number given last
//   ("lambda", "package", sha256, account, region, name)          empty: $LATEST uses that package
//   ("lambda", "package", sha256, account, region, name, number)  empty: that version uses it
//   ("lambda", "usage", account, region, shard)                 UsageRecord: how much code there is
// Everything happens inside the caller's transaction.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "services/lambda/records.h"
#include "store/store.h"

namespace martlet::lambda {

/// $LATEST.
Task<std::optional<FunctionRecord>> load_function(store::Txn& txn, FunctionName name);

/// `version` is "$LATEST" or a number.
Task<std::optional<FunctionRecord>> load_version(store::Txn& txn, FunctionName name, std::string version);

/// Writes the record under its version, and keeps the package index and the usage in step; `before` is what
/// was stored until now.
Task<> save_function(store::Txn& txn, FunctionName name, FunctionRecord function,
                     std::optional<FunctionRecord> before);

/// One published version.
Task<> erase_version(store::Txn& txn, FunctionName name, FunctionRecord version);

/// The function with all its versions, aliases and settings. Returns the packages that it used.
Task<std::vector<store::BlobRef>> erase_function(store::Txn& txn, FunctionName name);

/// Functions or versions, and whether more follow them.
struct FunctionPage {
  std::vector<FunctionRecord> functions;
  bool more = false;
};

/// $LATEST of the functions of an account and region in the order of their names, after `after` (empty: from
/// the first).
Task<FunctionPage> list_functions(store::Txn& txn, std::string account, std::string region, std::string after,
                                  std::size_t limit);

/// Published versions in their order, after number `after`.
Task<std::vector<FunctionRecord>> list_versions(store::Txn& txn, FunctionName name, std::int64_t after,
                                                std::size_t limit);

/// Every version of every function, each function's $LATEST first, after version `after_number` (0: $LATEST)
/// of `after_name` (empty: from the first).
Task<std::vector<FunctionRecord>> list_all_versions(store::Txn& txn, std::string account, std::string region,
                                                    std::string after_name, std::int64_t after_number,
                                                    std::size_t limit);

/// All published versions whose snapshot is still to be made.
struct StoredVersion {
  FunctionName name;
  FunctionRecord function;
};
Task<std::vector<StoredVersion>> versions_without_snapshot(store::Txn& txn);

/// The number of a version as text; 0 for "$LATEST".
std::int64_t version_number(const std::string& version);

/// The number of the version published last, 0 when there was none. A deleted version's number is not given
/// again as long as there is the function.
Task<std::int64_t> load_last_version(store::Txn& txn, FunctionName name);
void save_last_version(store::Txn& txn, const FunctionName& name, std::int64_t number);

/// What makes a version: two records with the same digest and the same environment variables run the same.
std::string content_digest(const FunctionRecord& function);

/// The packages of a version: its code and its layers.
std::vector<store::BlobRef> packages_of(const FunctionRecord& function);

/// The layers of an image and, under the key of its directory, what they are unpacked into.
std::vector<store::BlobRef> packages_of(const ImageUse& image);

/// Whether any function uses the package.
Task<bool> is_package_in_use(store::Txn& txn, std::string code_sha256_hex);

/// The SHA-256 of every package that a function uses.
Task<std::set<std::string>> packages_in_use(store::Txn& txn);

struct Usage {
  std::int64_t functions = 0;
  /// Sizes of the packages of all versions as they were uploaded.
  std::int64_t code_bytes = 0;
};
Task<Usage> load_usage(store::Txn& txn, std::string account, std::string region);

}  // namespace martlet::lambda
