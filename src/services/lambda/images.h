#pragma once

// Container images for functions: fetches them from where Code.ImageUri says, keeps their layers as blobs,
// and unpacks them into the code cache, one read-only directory per image, which environments have as their
// root. Lives on the loop; unpacking runs on the blocking pool.

#include <cstdint>
#include <memory>
#include <string>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "net/client.h"
#include "services/lambda/code_package.h"
#include "services/lambda/image_use.h"
#include "store/blobs.h"

namespace martlet::lambda {

class Images {
 public:
  /// Archives are unpacked below `directory`; what a crash left there is removed. What is passed outlives the
  /// object.
  Images(std::string directory, BlockingPool& pool, store::Blobs& blobs, CodePackages& packages,
         net::Client& client);

  /// The image that `uri` names, for `architecture` where it exists for several. Throws
  /// InvalidParameterValueException for what cannot be had or is no image. Its layers are blobs when this
  /// returns; whoever keeps a reference must commit it within the grace of Blobs::sweep.
  Task<ImageUse> fetch(std::string uri, std::string architecture);

  /// The directory with its root file system. Throws InvalidParameterValueException for broken layers.
  Task<std::shared_ptr<CodeDirectory>> open(ImageUse image);

 private:
  Task<ImageUse> fetch_from_source(std::string uri, std::string architecture);

  std::string directory_;
  BlockingPool& pool_;
  store::Blobs& blobs_;
  CodePackages& packages_;
  net::Client& client_;
  std::uint64_t next_temporary_ = 0;
};

}  // namespace martlet::lambda
