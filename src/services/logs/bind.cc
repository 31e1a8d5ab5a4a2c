#include "services/logs/bind.h"

#include "api/logs/bind.h"

namespace martlet::logs {

wire::BoundService bind_service(LogsService& service) { return bind(service); }

}  // namespace martlet::logs
