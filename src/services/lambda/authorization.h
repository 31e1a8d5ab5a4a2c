#pragma once

// What Lambda's operations need to be allowed (authorization/rules.h), by "Actions, resources, and condition
// keys for AWS Lambda" of the Service Authorization Reference, and the policies and tags of its resources.

#include <optional>
#include <string>

#include "authorization/rules.h"
#include "authorization/stored.h"

namespace martlet::lambda {

authorization::ServiceRules authorization_rules();

/// The policies that AddPermission and AddLayerVersionPermission make. Owned by the service; on the loop.
class PolicySource final : public authorization::Stored<authorization::ResourcePolicies> {
 public:
  using Stored::Stored;
  Task<std::optional<std::string>> find(std::string arn) override;
};

/// The tags of functions, which count for their versions and aliases, too, and those of event source mappings
/// and code signing configurations; layers have none. Owned by the service; lives on the loop.
class TagSource final : public authorization::Stored<authorization::ResourceTags> {
 public:
  using Stored::Stored;
  Task<authorization::TaggedResource> find(std::string arn) override;
};

}  // namespace martlet::lambda
