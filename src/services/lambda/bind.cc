#include "services/lambda/bind.h"

#include "api/lambda/bind.h"

namespace martlet::lambda {

wire::BoundService bind_service(LambdaService& service) { return bind(service); }

}  // namespace martlet::lambda
