#include "services/lambda/execution_role.h"

#include <fmt/core.h>

#include <string_view>

#include "base/arn.h"
#include "services/lambda/errors.h"
#include "services/lambda/targets.h"
#include "targets/targets.h"

namespace martlet::lambda {

namespace {

/// What the role may not do to write there ("sqs:SendMessage"); empty when it may.
Task<std::string_view> missing_action(RoleRefusal refusal, FunctionRecord function, Arn to) {
  const std::string_view action = targets::action_of_delivery(to.service);
  if (!refusal || action.empty()) co_return std::string_view();
  const std::string why = co_await refusal(function.role, function.name, std::string(action), to.str());
  co_return why.empty() ? std::string_view() : action;
}

std::string_view operation_of(std::string_view action) { return action.substr(action.find(':') + 1); }

}  // namespace

Task<> check_role(RoleIsUsable is_usable, std::string role_arn) {
  if (!is_usable) co_return;
  const bool usable = co_await is_usable(std::move(role_arn));
  if (!usable) throw invalid_parameter("The role defined for the function cannot be assumed by Lambda.");
}

Task<> check_dead_letter_queue(RoleRefusal refusal, FunctionRecord function) {
  const auto to = Arn::parse(function.dead_letter_target_arn);
  if (!to) co_return;
  const std::string_view missing = co_await missing_action(std::move(refusal), std::move(function), *to);
  if (!missing.empty())
    throw invalid_parameter(
        fmt::format("The provided execution role does not have permissions to call {} on {}",
                    operation_of(missing), to->service == "sqs" ? "SQS" : "SNS"));
}

Task<> check_destination_permission(RoleRefusal refusal, FunctionRecord function, std::string destination) {
  const auto to = Arn::parse(destination);
  if (!to) co_return;
  const std::string_view missing = co_await missing_action(std::move(refusal), std::move(function), *to);
  if (!missing.empty())
    throw invalid_parameter(
        fmt::format("The function's execution role does not have permissions to call {} on {}",
                    operation_of(missing), destination));
}

Task<std::string> role_of(store::Store& store, FunctionName name) {
  co_return co_await store.transact([&](store::Txn& txn) -> Task<std::string> {
    const auto function = co_await find_version(txn, name);
    co_return function ? function->role : "";
  });
}

}  // namespace martlet::lambda
