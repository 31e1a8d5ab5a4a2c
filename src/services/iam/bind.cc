#include "services/iam/bind.h"

#include "api/iam/bind.h"

namespace martlet::iam {

wire::BoundService bind_service(IamService& service) { return bind(service); }

}  // namespace martlet::iam
