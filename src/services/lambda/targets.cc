#include "services/lambda/targets.h"

#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"

namespace martlet::lambda {

Task<bool> target_exists(store::Txn& txn, FunctionName name, std::string partition) {
  const auto function = co_await load_function(txn, name);
  co_return function && (name.qualifier.empty() || name.qualifier == "$LATEST");
}

Task<std::string> require_target(store::Txn& txn, FunctionName name, std::string partition) {
  const auto function = co_await load_function(txn, name);
  if (!function || (!name.qualifier.empty() && name.qualifier != "$LATEST"))
    throw function_not_found(name.qualified_arn(partition));
  co_return function->revision_id;
}

Task<> set_revision(store::Txn& txn, FunctionName name, std::string revision_id) {
  const auto before = co_await load_function(txn, name);
  FunctionRecord after = *before;
  after.revision_id = revision_id;
  save_function(txn, name, after, before);
}

}  // namespace martlet::lambda
