#include "services/lambda/targets.h"

#include <optional>

#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/settings_store.h"

namespace martlet::lambda {

namespace {

/// "$LATEST", also by no qualifier, or a number.
bool names_version(const FunctionName& name) {
  return name.qualifier.empty() || name.qualifier == "$LATEST" || version_number(name.qualifier) > 0;
}

std::string version_of(const FunctionName& name) {
  return name.qualifier.empty() ? "$LATEST" : name.qualifier;
}

/// The revision id; nullopt when there is nothing of that name.
Task<std::optional<std::string>> find_revision(store::Txn& txn, FunctionName name) {
  std::optional<std::string> revision;
  if (names_version(name)) {
    if (const auto version = co_await load_version(txn, name, version_of(name)))
      revision = version->revision_id;
  } else if (const auto alias = co_await load_alias(txn, name)) {
    revision = alias->revision_id;
  }
  co_return revision;
}

}  // namespace

Task<bool> target_exists(store::Txn& txn, FunctionName name) {
  co_return (co_await find_revision(txn, name)).has_value();
}

Task<std::optional<FunctionRecord>> find_version(store::Txn& txn, FunctionName name) {
  std::string version = version_of(name);
  if (!names_version(name)) {
    const auto alias = co_await load_alias(txn, name);
    if (!alias) co_return std::nullopt;
    version = alias->version;
  }
  co_return co_await load_version(txn, name, version);
}

Task<std::string> revision_of(store::Txn& txn, FunctionName name, std::string partition) {
  auto revision = co_await find_revision(txn, name);
  if (!revision) {
    const bool function_there = (co_await load_function(txn, name)).has_value();
    if (!function_there) throw function_not_found(name.arn(partition));
    if (!names_version(name)) throw not_found("Cannot find alias arn: " + name.qualified_arn(partition));
    throw function_not_found(name.qualified_arn(partition));
  }
  co_return std::move(*revision);
}

Task<> set_revision(store::Txn& txn, FunctionName name, std::string revision_id) {
  if (names_version(name)) {
    const auto before = co_await load_version(txn, name, version_of(name));
    FunctionRecord after = *before;
    after.revision_id = revision_id;
    co_await save_function(txn, name, after, before);
  } else {
    AliasRecord alias = *co_await load_alias(txn, name);
    alias.revision_id = revision_id;
    save_alias(txn, name, alias);
  }
}

}  // namespace martlet::lambda
