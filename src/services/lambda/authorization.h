#pragma once

// What Lambda's operations need to be allowed (authorization/rules.h), by "Actions, resources, and condition
// keys for AWS Lambda" of the Service Authorization Reference, and the policies and tags of its resources.

#include <cstdint>
#include <optional>
#include <string>

#include "authorization/policies.h"
#include "authorization/rules.h"
#include "store/store.h"

namespace martlet::lambda {

authorization::ServiceRules authorization_rules();

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
