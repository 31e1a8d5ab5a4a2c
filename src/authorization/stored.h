#pragma once

// Stored<ResourcePolicies>, Stored<ResourceTags>: what a service's own sources of them have in common, where
// they lie in the store. Owned by the service; lives on the loop.

#include <cstdint>

#include "authorization/policies.h"
#include "store/store.h"

namespace martlet::authorization {

template <class Source>
class Stored : public Source {
 public:
  explicit Stored(store::Store& store) : store_(store) {}

  [[nodiscard]] std::uint64_t version() const final { return version_; }

  /// They are other than before once `txn` has committed.
  void change(store::Txn& txn) {
    txn.after_commit([this] { changed(); });
  }
  void changed() { ++version_; }

 protected:
  store::Store& store_;

 private:
  std::uint64_t version_ = 1;
};

}  // namespace martlet::authorization
