#pragma once

// RedrivePolicy (where messages go that were received too often) and RedriveAllowPolicy (who may send such).
// Values only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/sqs/queue_url.h"

namespace martlet::sqs {

struct RedrivePolicy {
  QueueName target;
  /// 1 to 1,000.
  std::uint32_t most_receives = 0;
};

/// Throws InvalidParameterValue.
RedrivePolicy parse_redrive_policy(const std::string& text);

struct RedriveAllowPolicy {
  enum class Permission { kAllowAll, kDenyAll, kByQueue };
  Permission permission = Permission::kAllowAll;
  /// ARNs, of kByQueue.
  std::vector<std::string> sources;

  [[nodiscard]] bool allows(std::string_view source_arn) const;
};

/// Throws InvalidParameterValue.
RedriveAllowPolicy parse_redrive_allow_policy(const std::string& text);

}  // namespace martlet::sqs
