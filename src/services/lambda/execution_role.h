#pragma once

// What a function's execution role has to allow at the moment when something is configured that Lambda will
// later do as that role. Where nobody is asked (no refusal), everything is allowed.

#include <functional>
#include <string>

#include "base/task.h"
#include "services/lambda/function_name.h"
#include "services/lambda/records.h"
#include "store/store.h"

namespace martlet::lambda {

/// Whether the role with this ARN exists and lets Lambda assume it.
using RoleIsUsable = std::function<Task<bool>(std::string role_arn)>;

/// Why a function may not do something as its role, in AWS's words; empty when it may.
using RoleRefusal = std::function<Task<std::string>(std::string role_arn, std::string function,
                                                    std::string action, std::string resource)>;

/// The role of what the name leads to (of an alias, the version that it names); empty when it is not there.
Task<std::string> role_of(store::Store& store, FunctionName name);

/// Refuses a role that does not exist or that Lambda may not assume.
Task<> check_role(RoleIsUsable is_usable, std::string role_arn);

/// Refuses a function whose role may not write to its dead-letter queue.
Task<> check_dead_letter_queue(RoleRefusal refusal, FunctionRecord function);

/// Refuses a destination that the function's role may not write to. None (an empty ARN), and what nothing is
/// delivered to here, is not asked about.
Task<> check_destination_permission(RoleRefusal refusal, FunctionRecord function, std::string destination);

}  // namespace martlet::lambda
