#pragma once

// What the operations of CloudWatch Logs need to be allowed (authorization/rules.h), by "Actions, resources,
// and condition keys for Amazon CloudWatch Logs" of the Service Authorization Reference.

#include "authorization/rules.h"

namespace martlet::logs {

authorization::ServiceRules authorization_rules();

}  // namespace martlet::logs
