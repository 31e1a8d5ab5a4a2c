// Images in directories and tar files of this host.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/crypto.h"
#include "base/strings.h"
#include "services/lambda/image_source.h"
#include "services/lambda/image_unpack.h"
#include "services/lambda/inside.h"
#include "services/lambda/limits.h"

namespace martlet::lambda {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

std::string read_piece(const fs::path& path, std::uint64_t offset, std::size_t length) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ImageNotFound("cannot read " + path.string());
  file.seekg(static_cast<std::streamoff>(offset));
  std::string bytes(length, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(length));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

/// A document of the image, which is small.
std::string read_document(const fs::path& root, std::string_view path) {
  std::string text = read_piece(file_inside(root, path), 0, kMaxImageDocumentBytes + 1);
  if (text.size() > kMaxImageDocumentBytes) throw MalformedImage("document too large: " + std::string(path));
  return text;
}

/// What is found in the directory.
struct Layout {
  fs::path root;
  /// The index, or the one manifest.
  std::string document;
  /// Parts that are not named by their digest: their paths inside, by SHA-256.
  std::map<std::string, std::string> paths;
  /// Whether the index says which tag an image has.
  bool has_names = false;
};

std::string descriptor_json(const char* media_type, const std::string& sha256_hex, std::uint64_t size) {
  return std::string(R"({"mediaType":")") + media_type + R"(","digest":"sha256:)" + sha256_hex +
         R"(","size":)" + std::to_string(size) + "}";
}

/// `docker save` of older versions: manifest.json names a configuration and layers by paths. They become a
/// manifest as a registry would have it.
Layout read_docker_archive(const fs::path& root, const std::string& tag) {
  const auto images = parse_docker_archive(read_document(root, "manifest.json"));
  const auto image = std::ranges::find_if(images, [&](const DockerArchiveImage& candidate) {
    return tag.empty() || std::ranges::any_of(candidate.tags, [&](const std::string& name) {
             return name == tag || name.ends_with(":" + tag);
           });
  });
  if (image == images.end()) throw ImageNotFound("no image of that name in the archive");
  const std::string config = read_document(root, image->config_path);
  const std::string config_sha256 = to_hex(as_view(sha256(config)));
  const ImageSettings settings = parse_image_config(config);
  if (settings.layer_sha256.size() != image->layer_paths.size())
    throw MalformedImage("configuration and archive differ in their layers");
  Layout layout;
  layout.root = root;
  layout.paths[config_sha256] = image->config_path;
  std::string layers;
  for (std::size_t i = 0; i < image->layer_paths.size(); ++i) {
    layout.paths[settings.layer_sha256[i]] = image->layer_paths[i];
    const auto size = fs::file_size(file_inside(root, image->layer_paths[i]));
    layers += (i > 0 ? "," : "") +
              descriptor_json("application/vnd.docker.image.rootfs.diff.tar", settings.layer_sha256[i], size);
  }
  layout.document =
      R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":)" +
      descriptor_json("application/vnd.docker.container.image.v1+json", config_sha256, config.size()) +
      R"(,"layers":[)" + layers + "]}";
  return layout;
}

Layout read_layout(const fs::path& root, const std::string& tag) {
  if (fs::exists(root / "index.json")) {
    Layout layout;
    layout.root = root;
    layout.document = read_document(root, "index.json");
    layout.has_names = true;
    return layout;
  }
  if (fs::exists(root / "manifest.json")) return read_docker_archive(root, tag);
  throw MalformedImage("neither index.json nor manifest.json in " + root.string());
}

class LocalImage final : public ImageSource {
 public:
  LocalImage(BlockingPool& pool, store::Blobs& blobs, std::string tag, std::string temporary)
      : pool_(pool), blobs_(blobs), tag_(std::move(tag)), temporary_(std::move(temporary)) {}
  ~LocalImage() override {
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
  }

  Task<> open(std::string path) {
    layout_ = co_await pool_.run([path, tag = tag_, temporary = temporary_] {
      const fs::file_status status = fs::status(path);
      if (!fs::exists(status)) throw ImageNotFound("no such file: " + path);
      if (fs::is_directory(status)) return read_layout(fs::canonical(path), tag);
      unpack_archive(path, temporary);
      return read_layout(fs::canonical(temporary), tag);
    });
  }

  Task<Document> document() override {
    co_return Document{layout_.document, layout_.has_names ? tag_ : std::string()};
  }

  Task<std::string> manifest(ImageDescriptor descriptor) override {
    const std::string path = path_of(descriptor);
    std::string text = co_await pool_.run([root = layout_.root, path] { return read_document(root, path); });
    verify_digest(text, descriptor.sha256);
    co_return text;
  }

  Task<std::string> config(ImageDescriptor descriptor) override { return manifest(std::move(descriptor)); }

  Task<store::BlobRef> layer(ImageDescriptor descriptor) override {
    const std::string path = path_of(descriptor);
    const fs::path file = co_await pool_.run([root = layout_.root, path] { return file_inside(root, path); });
    store::Blobs::Writer writer(blobs_);
    std::uint64_t offset = 0;
    while (true) {
      std::string piece =
          co_await pool_.run([file, offset] { return read_piece(file, offset, kPieceBytes); });
      if (piece.empty()) break;
      offset += piece.size();
      if (offset > kMaxImageBytes) throw MalformedImage("the image is too large");
      co_await writer.append(std::move(piece));
    }
    const store::BlobRef blob = co_await writer.finish();
    if (blob.sha256 != descriptor.sha256) throw MalformedImage("a layer does not have its digest");
    co_return blob;
  }

 private:
  [[nodiscard]] std::string path_of(const ImageDescriptor& descriptor) const {
    const auto named = layout_.paths.find(descriptor.sha256);
    return named != layout_.paths.end() ? named->second : "blobs/sha256/" + descriptor.sha256;
  }

  BlockingPool& pool_;
  store::Blobs& blobs_;
  std::string tag_;
  std::string temporary_;
  Layout layout_;
};

}  // namespace

void verify_digest(std::string_view text, const std::string& sha256_hex) {
  if (to_hex(as_view(sha256(text))) != sha256_hex)
    throw MalformedImage("a document does not have its digest " + sha256_hex);
}

Task<std::unique_ptr<ImageSource>> open_local_image(ImageReference reference, BlockingPool& pool,
                                                    store::Blobs& blobs, std::string temporary) {
  auto image = std::make_unique<LocalImage>(pool, blobs, reference.tag, std::move(temporary));
  co_await image->open(reference.path);
  co_return image;
}

}  // namespace martlet::lambda
