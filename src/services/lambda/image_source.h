#pragma once

// Where container images come from: directories and tar files of this host (local_image.cc), and registries
// (registry_image.cc). A source hands out the documents and layers of one image; what it hands out has the
// digest that it was asked for. Lives on the loop.

#include <memory>
#include <stdexcept>
#include <string>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "net/client.h"
#include "services/lambda/image_documents.h"
#include "services/lambda/image_reference.h"
#include "store/blobs.h"

namespace martlet::lambda {

/// There is no such image.
class ImageNotFound : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The registry does not let us have it.
class ImageAccessDenied : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ImageSource {
 public:
  virtual ~ImageSource() = default;

  struct Document {
    std::string text;
    /// An index lists images by name: that of the one that is wanted; empty for any.
    std::string name;
  };
  /// The index or manifest that the reference names.
  virtual Task<Document> document() = 0;
  /// An index or manifest that an index names.
  virtual Task<std::string> manifest(ImageDescriptor descriptor) = 0;
  /// A configuration.
  virtual Task<std::string> config(ImageDescriptor descriptor) = 0;
  /// Keeps a layer as a blob.
  virtual Task<store::BlobRef> layer(ImageDescriptor descriptor) = 0;
};

/// Throws ImageNotFound, MalformedImage. A tar file is unpacked into `temporary`, which must not exist and is
/// removed with the source.
Task<std::unique_ptr<ImageSource>> open_local_image(ImageReference reference, BlockingPool& pool,
                                                    store::Blobs& blobs, std::string temporary);

std::unique_ptr<ImageSource> open_registry_image(ImageReference reference, net::Client& client,
                                                 store::Blobs& blobs);

/// Throws MalformedImage when the text does not have the digest.
void verify_digest(std::string_view text, const std::string& sha256_hex);

}  // namespace martlet::lambda
