#pragma once

// CallObserver is told of every call of an operation, in every mode, before it is decided about. Lives on the
// loop.

#include "wire/context.h"
#include "wire/service.h"

namespace martlet::gateway {

class CallObserver {
 public:
  virtual ~CallObserver() = default;
  /// On the way of each call: it must neither wait nor throw.
  virtual void called(const wire::Context& context, const wire::ServiceModel& service,
                      const wire::Operation& operation) = 0;
};

}  // namespace martlet::gateway
