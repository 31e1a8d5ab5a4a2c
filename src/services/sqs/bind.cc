#include "services/sqs/bind.h"

#include "api/sqs/bind.h"

namespace martlet::sqs {

wire::BoundService bind_service(SqsService& service) { return bind(service); }

}  // namespace martlet::sqs
