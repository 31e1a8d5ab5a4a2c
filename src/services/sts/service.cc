#include "services/sts/service.h"

#include "base/error.h"
#include "wire/context.h"

namespace martlet::sts {

Task<GetCallerIdentityResponse> StsService::GetCallerIdentity(wire::Context& context,
                                                              GetCallerIdentityRequest) {
  const wire::Caller& caller = context.caller;
  if (caller.kind == wire::Caller::Kind::kAnonymous)
    throw aws::Error("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
  GetCallerIdentityResponse output;
  output.user_id = caller.user_id;
  output.account = caller.account;
  output.arn = caller.arn;
  co_return output;
}

}  // namespace martlet::sts
