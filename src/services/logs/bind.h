#pragma once

// Binds the service to the wire tables of its API.

#include "services/logs/service.h"
#include "wire/service.h"

namespace martlet::logs {

wire::BoundService bind_service(LogsService& service);

}  // namespace martlet::logs
