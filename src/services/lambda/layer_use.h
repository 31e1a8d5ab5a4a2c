#pragma once

// A function's reference to a layer version. It keeps what running needs, because the layer version itself
// may be deleted while functions go on using it. A record field of its own.

#include <cstdint>
#include <string>

#include "store/blobs.h"

namespace martlet::lambda {

struct LayerUse {
  /// Of the layer version.
  std::string arn;
  store::BlobRef content;
  std::uint64_t unpacked_bytes = 0;

  void fields(auto& field) {
    field(1, arn);
    field(2, content);
    field(3, unpacked_bytes);
  }
  bool operator==(const LayerUse&) const = default;
};

}  // namespace martlet::lambda
