#include "services/sns/bind.h"

#include "api/sns/bind.h"

namespace martlet::sns {

wire::BoundService bind_service(SnsService& service) { return bind(service); }

}  // namespace martlet::sns
