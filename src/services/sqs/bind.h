#pragma once

// Binds the service to the wire tables of its API.

#include "services/sqs/service.h"
#include "wire/service.h"

namespace martlet::sqs {

wire::BoundService bind_service(SqsService& service);

}  // namespace martlet::sqs
