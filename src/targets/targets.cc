#include "targets/targets.h"

namespace martlet::targets {

std::string_view action_of_delivery(std::string_view service) {
  if (service == "events") return "events:PutEvents";
  if (service == "lambda") return "lambda:InvokeFunction";
  if (service == "sns") return "SNS:Publish";
  if (service == "sqs") return "sqs:SendMessage";
  return {};
}

Task<> Targets::deliver(store::Txn& txn, const Delivery& delivery) const {
  const auto found = targets_.find(delivery.to.service);
  if (found == targets_.end())
    throw aws::Error("NotImplemented", "Martlet does not deliver to " + delivery.to.service + " yet.", 501);
  if (guard_) co_await guard_(delivery);
  co_await found->second->deliver(txn, delivery);
}

}  // namespace martlet::targets
