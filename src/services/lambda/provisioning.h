#pragma once

// Provisioning: what the fleet was told to keep initialised, per function and version. A function's
// configurations may change while an earlier change is still being carried out; the latest wins. Owned by the
// service; lives on the loop.

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "environments/fleet.h"
#include "services/lambda/specs.h"

namespace martlet::lambda {

class Provisioning {
 public:
  explicit Provisioning(environments::Fleet& fleet) : fleet_(fleet) {}

  struct Order {
    Specs::Shared spec;
    std::uint32_t count = 0;
  };
  /// By version.
  using Orders = std::map<std::string, Order>;

  /// Begins a change of a function (unqualified ARN); is_current() until the next one begins.
  std::uint64_t begin(const std::string& function_arn) {
    return of_function_[function_arn].change = ++changes_;
  }
  [[nodiscard]] bool is_current(const std::string& function_arn, std::uint64_t change) const;
  /// Tells the fleet. Versions that `orders` does not have are not provisioned any more.
  void carry_out(const std::string& function_arn, Orders orders);
  /// Nothing could be made of the change: `why` is what its configurations tell from now on.
  void fail(const std::string& function_arn, std::string why);
  /// The function is gone.
  void forget(const std::string& function_arn);
  void clear() { of_function_.clear(); }

  /// How far a version's provisioning is; all zero as long as the fleet was not told.
  [[nodiscard]] environments::Fleet::Provisioned status(const std::string& function_arn,
                                                        const std::string& version) const;

 private:
  struct Function {
    std::uint64_t change = 0;
    Orders orders;
    std::string failure;
  };

  environments::Fleet& fleet_;
  std::unordered_map<std::string, Function> of_function_;
  std::uint64_t changes_ = 0;
};

}  // namespace martlet::lambda
