#pragma once

// Joins the Lambda service with the wire tables of its API.

#include "services/lambda/service.h"
#include "wire/service.h"

namespace martlet::lambda {

/// `service` must outlive the result. With null the result only tells what is implemented.
wire::BoundService bind_service(LambdaService* service);

}  // namespace martlet::lambda
