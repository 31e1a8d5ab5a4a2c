#include "services/lambda/provisioning.h"

namespace martlet::lambda {

bool Provisioning::is_current(const std::string& function_arn, std::uint64_t change) const {
  const auto function = of_function_.find(function_arn);
  return function != of_function_.end() && function->second.change == change;
}

void Provisioning::carry_out(const std::string& function_arn, Orders orders) {
  Function& function = of_function_[function_arn];
  for (const auto& [version, order] : function.orders) {
    const auto now = orders.find(version);
    if (now == orders.end() || now->second.spec != order.spec) fleet_.provision(order.spec, 0);
  }
  for (const auto& [version, order] : orders) fleet_.provision(order.spec, order.count);
  if (orders.empty()) {
    of_function_.erase(function_arn);
    return;
  }
  function.orders = std::move(orders);
  function.failure.clear();
}

void Provisioning::fail(const std::string& function_arn, std::string why) {
  of_function_[function_arn].failure = std::move(why);
}

void Provisioning::forget(const std::string& function_arn) {
  if (of_function_.contains(function_arn)) carry_out(function_arn, {});
}

environments::Fleet::Provisioned Provisioning::status(const std::string& function_arn,
                                                      const std::string& version) const {
  environments::Fleet::Provisioned status;
  const auto function = of_function_.find(function_arn);
  if (function == of_function_.end()) return status;
  const auto order = function->second.orders.find(version);
  if (order != function->second.orders.end()) status = fleet_.provisioned(order->second.spec);
  if (!function->second.failure.empty()) status.failure = function->second.failure;
  return status;
}

}  // namespace martlet::lambda
