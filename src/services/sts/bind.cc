#include "services/sts/bind.h"

#include "api/sts/bind.h"

namespace martlet::sts {

wire::BoundService bind_service(StsService& service) { return bind(service); }

}  // namespace martlet::sts
