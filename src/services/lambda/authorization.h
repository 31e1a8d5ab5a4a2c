#pragma once

// What Lambda's operations need to be allowed (authorization/rules.h), by "Actions, resources, and condition
// keys for AWS Lambda" of the Service Authorization Reference, and the policies and tags of its resources.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "authorization/policies.h"
#include "authorization/rules.h"
#include "services/lambda/function_name.h"
#include "services/lambda/resource_policy.h"
#include "store/store.h"

namespace martlet::lambda {

/// How requests name functions, layers and what belongs to them; some condition keys are about what is
/// stored. Lives on the loop.
class Names final : public authorization::Naming {
 public:
  /// `store` outlives it.
  explicit Names(store::Store& store) : store_(store) {}
  Task<std::string> complete(authorization::Call call, std::string_view kind, std::string value) override;

 private:
  Task<std::string> function_of_mapping(const wire::Context& context, std::string uuid);
  Task<std::string> url_auth_type(FunctionName function);
  Task<std::optional<PolicyStatement>> statement(FunctionName function, std::string id);

  store::Store& store_;
};

/// `names` outlives the rules.
authorization::ServiceRules authorization_rules(Names& names);

/// The policies that AddPermission and AddLayerVersionPermission make. Owned by the service; on the loop.
class PolicySource final : public authorization::ResourcePolicies {
 public:
  explicit PolicySource(store::Store& store) : store_(store) {}

  [[nodiscard]] std::uint64_t version() const override { return version_; }
  Task<std::optional<std::string>> find(std::string arn) override;

  /// A policy is other than before once `txn` has committed.
  void change(store::Txn& txn) {
    txn.after_commit([this] { changed(); });
  }
  void changed() { ++version_; }

 private:
  store::Store& store_;
  std::uint64_t version_ = 1;
};

/// The tags of functions, which count for their versions and aliases, too, and those of event source mappings
/// and code signing configurations; layers have none. Owned by the service; lives on the loop.
class TagSource final : public authorization::ResourceTags {
 public:
  explicit TagSource(store::Store& store) : store_(store) {}

  [[nodiscard]] std::uint64_t version() const override { return version_; }
  Task<authorization::TaggedResource> find(std::string arn) override;

  /// Tags are other than before once `txn` has committed.
  void change(store::Txn& txn) {
    txn.after_commit([this] { changed(); });
  }
  void changed() { ++version_; }

 private:
  store::Store& store_;
  std::uint64_t version_ = 1;
};

}  // namespace martlet::lambda
