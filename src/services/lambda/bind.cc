#include "services/lambda/bind.h"

#include "api/lambda/bind.h"

namespace martlet::lambda {

wire::BoundService bind_service(LambdaService* service) {
  return {.model = &model(), .api = static_cast<Api*>(service), .invokers = kInvokers<LambdaService>};
}

}  // namespace martlet::lambda
