#pragma once

// The second factor of users: codes of devices for multi-factor authentication, which somebody else keeps;
// the server implements it. On the loop.

#include <string>

#include "base/task.h"
#include "wire/context.h"

namespace martlet::sts {

enum class SecondFactor {
  kConfirmed,
  kWrongCode,
  /// The caller has no device of this serial number.
  kNoDevice,
};

class SecondFactors {
 public:
  virtual ~SecondFactors() = default;
  /// Whether `code` is what the caller's device shows now. A code confirms once.
  virtual Task<SecondFactor> confirm(const wire::Caller& caller, std::string serial_number,
                                     std::string code) = 0;
};

}  // namespace martlet::sts
