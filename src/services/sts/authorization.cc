#include "services/sts/authorization.h"

namespace martlet::sts {

authorization::ServiceRules authorization_rules() {
  // AWS tells everybody who they are, and gives users sessions, whatever their policies say. Whether a role
  // may be assumed is decided with its trust policy, by the operations themselves.
  return {.arn_service = "sts",
          .global = true,
          .denied_code = "AccessDenied",
          .operations = {
              {"AssumeRole", {}},
              {"AssumeRoleWithSAML", {}},
              {"AssumeRoleWithWebIdentity", {}},
              {"DecodeAuthorizationMessage", {{"sts:DecodeAuthorizationMessage"}}},
              {"GetAccessKeyInfo", {{"sts:GetAccessKeyInfo"}}},
              {"GetCallerIdentity", {}},
              {"GetFederationToken",
               {{"sts:GetFederationToken", "federated-user/{Name}"},
                {"sts:TagSession", "federated-user/{Name}", {}, "Tags"}},
               "Tags"},
              {"GetSessionToken", {}},
          }};
}

}  // namespace martlet::sts
