#pragma once

// The Security Token Service, as far as telling callers who they are. It stores nothing. Lives on the loop.

#include "api/sts/api.h"

namespace martlet::sts {

class StsService final : public Api {
 public:
  Task<GetCallerIdentityResponse> GetCallerIdentity(wire::Context& context,
                                                    GetCallerIdentityRequest input) override;
};

}  // namespace martlet::sts
