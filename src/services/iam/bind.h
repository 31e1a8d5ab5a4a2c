#pragma once

// Binds the service to the wire tables of its API.

#include "services/iam/service.h"
#include "wire/service.h"

namespace martlet::iam {

wire::BoundService bind_service(IamService& service);

}  // namespace martlet::iam
