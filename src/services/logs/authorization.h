#pragma once

// What the operations of CloudWatch Logs need to be allowed (authorization/rules.h), by "Actions, resources,
// and condition keys for Amazon CloudWatch Logs" of the Service Authorization Reference, and the tags of
// groups.

#include <cstdint>
#include <string>

#include "authorization/policies.h"
#include "authorization/rules.h"
#include "store/store.h"

namespace martlet::logs {

authorization::ServiceRules authorization_rules();

/// The tags of groups, which count for their streams, too. Owned by the service; lives on the loop.
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

}  // namespace martlet::logs
