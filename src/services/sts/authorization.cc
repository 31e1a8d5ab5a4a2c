#include "services/sts/authorization.h"

namespace martlet::sts {

authorization::ServiceRules authorization_rules() {
  // AWS tells everybody who they are, whatever their policies say.
  return {.arn_service = "sts",
          .global = true,
          .denied_code = "AccessDenied",
          .operations = {{"GetCallerIdentity", {}}}};
}

}  // namespace martlet::sts
