#pragma once

// Binds the service to the wire tables of its API.

#include "services/sns/service.h"
#include "wire/service.h"

namespace martlet::sns {

wire::BoundService bind_service(SnsService& service);

}  // namespace martlet::sns
