#pragma once

// What the operations of STS need to be allowed (authorization/rules.h).

#include "authorization/rules.h"

namespace martlet::sts {

authorization::ServiceRules authorization_rules();

}  // namespace martlet::sts
