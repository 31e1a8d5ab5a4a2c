#pragma once

// What the operations of CloudWatch Logs need to be allowed (authorization/rules.h), by "Actions, resources,
// and condition keys for Amazon CloudWatch Logs" of the Service Authorization Reference, and the tags of
// groups.

#include <string>

#include "authorization/rules.h"
#include "authorization/stored.h"

namespace martlet::logs {

authorization::ServiceRules authorization_rules();

/// The tags of groups, which count for their streams, too. Owned by the service; lives on the loop.
class TagSource final : public authorization::Stored<authorization::ResourceTags> {
 public:
  using Stored::Stored;
  Task<authorization::TaggedResource> find(std::string arn) override;
};

}  // namespace martlet::logs
