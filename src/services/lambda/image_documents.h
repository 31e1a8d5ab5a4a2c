#pragma once

// The JSON documents of container images: indexes, manifests and configurations, as the OCI image
// specification and Docker's image formats (manifest version 2, schema 2) write them. They come from outside;
// values only.

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::lambda {

/// A document or layer that is not what it should be. what() is for the log: the caller is told that the
/// image is not supported.
class MalformedImage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What names a part of an image.
struct ImageDescriptor {
  std::string media_type;
  /// 64 lower-case hexadecimal digits: the SHA-256 of its content.
  std::string sha256;
  std::uint64_t size = 0;
  /// Of the image that it leads to, in an index: "amd64", "arm64"; "linux".
  std::string architecture;
  std::string os;
  /// The tag, in the index of a local layout.
  std::string name;
};

struct ImageManifest {
  ImageDescriptor config;
  /// The first is the lowest.
  std::vector<ImageDescriptor> layers;
};

/// What a reference to an image may lead to: an index, which lists images, or the manifest of one.
struct ImageDocument {
  std::vector<ImageDescriptor> images;
  std::optional<ImageManifest> manifest;
};

/// Throws MalformedImage; also for layers that are not tar files.
ImageDocument parse_image_document(std::string_view json);

/// The image in an index that is for Linux on `architecture` ("x86_64", "arm64") and, unless `name` is
/// empty, has that name. Throws MalformedImage when there is none.
ImageDescriptor choose_image(const std::vector<ImageDescriptor>& images, const std::string& architecture,
                             const std::string& name);

/// What an image's configuration says about running it.
struct ImageSettings {
  std::vector<std::string> entry_point;
  std::vector<std::string> command;
  std::string working_directory;
  std::map<std::string, std::string> variables;
  /// SHA-256 of each layer's tar file, uncompressed.
  std::vector<std::string> layer_sha256;
};

/// Throws MalformedImage.
ImageSettings parse_image_config(std::string_view json);

/// One image in the manifest.json of `docker save`.
struct DockerArchiveImage {
  std::string config_path;
  std::vector<std::string> tags;
  std::vector<std::string> layer_paths;
};

/// Throws MalformedImage.
std::vector<DockerArchiveImage> parse_docker_archive(std::string_view json);

}  // namespace martlet::lambda
