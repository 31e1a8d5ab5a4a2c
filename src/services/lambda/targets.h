#pragma once

// What a function name with its qualifier leads to: the function, one of its versions, or an alias.

#include <string>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "store/store.h"

namespace martlet::lambda {

/// Whether there is something that the name leads to.
Task<bool> target_exists(store::Txn& txn, FunctionName name);
/// The revision id of what the name leads to. Throws ResourceNotFoundException when it is not there.
Task<std::string> revision_of(store::Txn& txn, FunctionName name, std::string partition);
/// Gives what the name leads to, which must be there, a new revision id.
Task<> set_revision(store::Txn& txn, FunctionName name, std::string revision_id);

}  // namespace martlet::lambda
