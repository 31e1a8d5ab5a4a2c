#pragma once

// Specs: what environments of functions are made from, one object per version, kept in memory so that
// invocations of a version meet the same environments. The store has everything needed to make one again.
// Owned by the service; lives on the loop.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "environments/fleet.h"

namespace martlet::lambda {

class Specs {
 public:
  using Shared = std::shared_ptr<const environments::Spec>;

  explicit Specs(environments::Fleet& fleet) : fleet_(fleet) {}

  /// Null when there is none. `function_arn` is unqualified, `version` "$LATEST" or a number.
  [[nodiscard]] Shared find(const std::string& function_arn, const std::string& version) const;
  /// The one that is kept: an earlier one of the same version stays.
  Shared keep(const Shared& spec);
  /// The one of a tenant of a function with tenant isolation; it lasts as long as an environment or a call
  /// holds it, so that the tenant's next event meets the same environments.
  Shared of_tenant(const Shared& spec, const std::string& tenant_id);
  /// The version has changed or is gone: its environments end.
  void forget(const std::string& function_arn, const std::string& version);
  /// The function is gone.
  void forget(const std::string& function_arn);
  void clear() { of_function_.clear(); }

 private:
  /// One version. Tenants that no environment serves any more are swept out when there are twice as many as
  /// after the last time.
  struct Version {
    Shared spec;
    std::unordered_map<std::string, std::weak_ptr<const environments::Spec>> tenants;
    std::size_t sweep_at = 64;
  };
  void retire(const Version& version);

  environments::Fleet& fleet_;
  std::unordered_map<std::string, std::map<std::string, Version>> of_function_;
};

}  // namespace martlet::lambda
