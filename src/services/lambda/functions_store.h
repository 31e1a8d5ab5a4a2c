#pragma once

// The Lambda service's data in the store:
//   ("lambda", "function", account, region, name)            FunctionRecord
//   ("lambda", "package", code sha256, account, region, name)   empty: this function uses that package
// Everything happens inside the caller's transaction.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "services/lambda/records.h"
#include "store/store.h"

namespace martlet::lambda {

Task<std::optional<FunctionRecord>> load_function(store::Txn& txn, FunctionName name);

/// Writes the record and keeps the package index in step; `before` is what was stored until now.
void save_function(store::Txn& txn, const FunctionName& name, const FunctionRecord& function,
                   const std::optional<FunctionRecord>& before);

void erase_function(store::Txn& txn, const FunctionName& name, const FunctionRecord& function);

/// Functions of an account and region in the order of their names, after `after` (empty: from the first).
Task<std::vector<FunctionRecord>> list_functions(store::Txn& txn, std::string account, std::string region,
                                                 std::string after, std::size_t limit);

/// Whether any function uses the package.
Task<bool> is_package_in_use(store::Txn& txn, std::string code_sha256_hex);

/// The SHA-256 of every package that a function uses.
Task<std::set<std::string>> packages_in_use(store::Txn& txn);

}  // namespace martlet::lambda
