#pragma once

// Binds the service to the wire tables of its API.

#include "services/lambda/service.h"
#include "wire/service.h"

namespace martlet::lambda {

wire::BoundService bind_service(LambdaService& service);

}  // namespace martlet::lambda
