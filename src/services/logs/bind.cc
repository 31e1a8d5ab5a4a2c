#include "api/logs/bind.h"

#include "services/logs/service.h"

namespace martlet::logs {

wire::BoundService bind_service(LogsService& service) { return bind(service); }

}  // namespace martlet::logs
