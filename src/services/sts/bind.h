#pragma once

// Binds the service to the wire tables of its API.

#include "services/sts/service.h"
#include "wire/service.h"

namespace martlet::sts {

wire::BoundService bind_service(StsService& service);

}  // namespace martlet::sts
