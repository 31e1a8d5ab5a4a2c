#pragma once

// What the operations of IAM need to be allowed (authorization/rules.h), by "Actions, resources, and
// condition keys for AWS Identity and Access Management" of the Service Authorization Reference, and the
// identity-based policies that all decisions are made by, and the tags of IAM's resources.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authorization/policies.h"
#include "authorization/rules.h"
#include "services/iam/directory.h"

namespace martlet::iam {

/// How requests name users, groups, roles and instance profiles: ARNs have their paths, which only the
/// directory knows.
class Names final : public authorization::Naming {
 public:
  explicit Names(Directory& directory) : directory_(directory) {}
  Task<std::string> complete(authorization::Call call, std::string_view kind, std::string value) override;

 private:
  Task<std::string> stored(const wire::Context& context, std::string_view noun, std::string name);
  Task<std::string> boundary(const wire::Context& context, std::string_view noun, std::string name);

  Directory& directory_;
};

/// `names` outlives the rules.
authorization::ServiceRules authorization_rules(Names& names);

/// The policies of users and roles. Lives on the loop.
class PolicySource final : public authorization::IdentityPolicies {
 public:
  explicit PolicySource(Directory& directory) : directory_(directory) {}

  [[nodiscard]] std::uint64_t version() const override { return directory_.generation(); }
  Task<std::optional<authorization::Identity>> find(std::string arn) override;

 private:
  Directory& directory_;
};

/// The tags of users, roles, customer managed policies, instance profiles and identity providers. Lives on
/// the loop.
class TagSource final : public authorization::ResourceTags {
 public:
  explicit TagSource(Directory& directory) : directory_(directory) {}

  [[nodiscard]] std::uint64_t version() const override { return directory_.generation(); }
  Task<authorization::TaggedResource> find(std::string arn) override;

 private:
  Task<std::vector<TagRecord>> tags_of(std::string_view type, std::string arn);

  Directory& directory_;
};

}  // namespace martlet::iam
