#pragma once

// How the end of an environment's process is told to the invoker, in AWS's words. Pure.

#include <string>

#include "environments/environments.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

struct Ending {
  Outcome::Kind kind = Outcome::Kind::kCrash;
  std::string error_type = "Runtime.ExitError";
  std::string message = "Runtime exited without providing a reason";
};

/// Of the runtime.
Ending ending_of(const sandbox::Result& result);

/// "exit status 3", "signal: killed"; empty for an end without a fault.
std::string describe_end(const sandbox::Result& result);

}  // namespace martlet::environments
