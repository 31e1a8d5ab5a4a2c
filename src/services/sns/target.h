#pragma once

// SnsTarget: topics as targets of deliveries. Destinations of functions, dead-letter queues, notifications
// and rules may be topics: what is delivered is published. Owned by the service; lives on the loop.

#include <string>
#include <utility>

#include "services/sns/fan_out.h"
#include "targets/targets.h"

namespace martlet::sns {

class SnsTarget final : public targets::Target {
 public:
  explicit SnsTarget(FanOut& fan_out) : fan_out_(fan_out) {}

  /// Where URLs in messages lead: no request tells it here.
  void set_endpoint(std::string url) { endpoint_ = std::move(url); }

  /// Throws NotFound, InvalidParameter; then nothing was written.
  Task<> deliver(store::Txn& txn, const targets::Delivery& delivery) override;

 private:
  FanOut& fan_out_;
  std::string endpoint_ = "http://localhost:4566";
};

}  // namespace martlet::sns
