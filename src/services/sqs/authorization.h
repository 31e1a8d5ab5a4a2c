#pragma once

// What the operations of SQS need to be allowed (authorization/rules.h), by "Actions, resources, and
// condition keys for Amazon SQS" of the Service Authorization Reference, and the policies and tags of queues.

#include <cstdint>
#include <optional>
#include <string>

#include "authorization/policies.h"
#include "authorization/rules.h"
#include "services/sqs/directory.h"

namespace martlet::sqs {

authorization::ServiceRules authorization_rules();

/// The attribute Policy of queues. Owned by the service; lives on the loop.
class PolicySource final : public authorization::ResourcePolicies {
 public:
  explicit PolicySource(Directory& directory) : directory_(directory) {}

  [[nodiscard]] std::uint64_t version() const override { return directory_.changes(); }
  Task<std::optional<std::string>> find(std::string arn) override;

 private:
  Directory& directory_;
};

/// The tags of queues. Owned by the service; lives on the loop.
class TagSource final : public authorization::ResourceTags {
 public:
  explicit TagSource(Directory& directory) : directory_(directory) {}

  [[nodiscard]] std::uint64_t version() const override { return directory_.changes(); }
  Task<authorization::TaggedResource> find(std::string arn) override;

 private:
  Directory& directory_;
};

}  // namespace martlet::sqs
