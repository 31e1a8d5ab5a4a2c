#pragma once

// What a function name with its qualifier leads to: the function, one of its versions, or an alias; and what
// functions are to services that deliver to them.

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "services/lambda/records.h"
#include "store/store.h"
#include "targets/targets.h"

namespace martlet::lambda {

/// Whether there is something that the name leads to.
Task<bool> target_exists(store::Txn& txn, FunctionName name);
/// The version that the name leads to: of an alias, the one that it names; nullopt when it is not there.
Task<std::optional<FunctionRecord>> find_version(store::Txn& txn, FunctionName name);
/// The revision id of what the name leads to. Throws ResourceNotFoundException when it is not there.
Task<std::string> revision_of(store::Txn& txn, FunctionName name, std::string partition);
/// Gives what the name leads to, which must be there, a new revision id.
Task<> set_revision(store::Txn& txn, FunctionName name, std::string revision_id);

/// Takes what is delivered to functions' ARNs over by `accept`.
class FunctionTarget final : public targets::Target {
 public:
  using Accept = std::function<Task<>(store::Txn& txn, const targets::Delivery& delivery)>;
  explicit FunctionTarget(Accept accept) : accept_(std::move(accept)) {}
  Task<> deliver(store::Txn& txn, const targets::Delivery& delivery) override {
    return accept_(txn, delivery);
  }

 private:
  Accept accept_;
};

}  // namespace martlet::lambda
