#pragma once

// For tests: an implementation of the generated interface of testing/sample.json, which has a shape of every
// sort.

#include <string>

#include "api/sample/api.h"
#include "wire/context.h"

namespace martlet::wire::testing {

class Sample final : public sample::Api {
 public:
  Task<> DeleteThing(Context& context, sample::DeleteThingRequest input) override;
  Task<sample::PutThingResponse> PutThing(Context& context, sample::PutThingRequest input) override;
  Task<> Rest(Context& context) override;

  /// What the last PutThing was given.
  sample::PutThingRequest seen;
  int rests = 0;
};

}  // namespace martlet::wire::testing
