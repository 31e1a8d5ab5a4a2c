#include "actions/actions.h"

#include "base/error.h"

namespace martlet::actions {

void Actions::add(const wire::BoundService& service) {
  services_[std::string(service.model->name)] = std::make_unique<wire::Endpoint>(service);
}

Task<std::string> Actions::call(std::string service, std::string operation, std::string document,
                                wire::Context context) const {
  const auto found = services_.find(service);
  if (found == services_.end()) throw aws::not_implemented(service, operation);
  const wire::Operation* known = found->second->model().find_operation(operation);
  if (known == nullptr)
    throw aws::Error("UnknownOperationException", service + " has no operation " + operation + ".", 400);
  co_return co_await found->second->call_document(*known, std::move(document), context);
}

}  // namespace martlet::actions
