#pragma once

// What the operations of SNS need to be allowed (authorization/rules.h), by "Actions, resources, and
// condition keys for Amazon SNS" of the Service Authorization Reference, and the policies and tags of topics.

#include <optional>
#include <string>

#include "authorization/rules.h"
#include "authorization/stored.h"

namespace martlet::sns {

authorization::ServiceRules authorization_rules();

/// The attribute Policy of topics. Owned by the service; lives on the loop.
class PolicySource final : public authorization::Stored<authorization::ResourcePolicies> {
 public:
  using Stored::Stored;
  Task<std::optional<std::string>> find(std::string arn) override;
};

/// The tags of topics. Owned by the service; lives on the loop.
class TagSource final : public authorization::Stored<authorization::ResourceTags> {
 public:
  using Stored::Stored;
  Task<authorization::TaggedResource> find(std::string arn) override;
};

}  // namespace martlet::sns
