#pragma once

// Admission: asked between the reading of an operation's input and its running whether the caller may do
// this. The gateway sets one in the Context of each call that is to be authorised. Lives on the loop.

#include "base/task.h"

namespace martlet::wire {

class Admission {
 public:
  virtual ~Admission() = default;
  /// `input` is the operation's input struct, null for operations that have none. Throws aws::Error when the
  /// caller may not.
  virtual Task<> admit(const void* input) = 0;
};

}  // namespace martlet::wire
