#pragma once

// What functions do, in numbers, for GET /metrics: CloudWatch's Invocations, Errors, Throttles, Duration and
// ConcurrentExecutions, one set per function name. An invocation costs one look-up in memory and a few
// additions. Owned by the service; lives on the loop.

#include <set>
#include <string>
#include <unordered_map>

#include "base/metrics.h"
#include "environments/fleet.h"

namespace martlet::lambda {

class InvocationMetrics {
 public:
  /// Both must outlive this and, because they are asked when metrics are read, one another.
  InvocationMetrics(metrics::Registry& registry, environments::Fleet& fleet)
      : registry_(registry), fleet_(fleet) {}

  /// An invocation that has ended, or was throttled, which is not an invocation on AWS.
  void count(const environments::Spec& spec, const environments::Outcome& outcome);
  /// An event or a call that was not run, because it had come around too often.
  void count_loop(const std::string& function_name);

 private:
  struct OfFunction {
    metrics::Counter& invocations;
    metrics::Counter& errors;
    metrics::Counter& throttles;
    metrics::Histogram& duration;
    /// Functions of that name, by unqualified ARN: accounts and regions may have one each.
    std::set<std::string> arns;
  };
  OfFunction& of(const environments::Spec& spec);

  metrics::Registry& registry_;
  environments::Fleet& fleet_;
  std::unordered_map<std::string, OfFunction> of_function_;
};

}  // namespace martlet::lambda
