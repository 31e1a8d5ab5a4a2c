#include "services/lambda/images.h"

#include <filesystem>

#include "base/crypto.h"
#include "base/log.h"
#include "services/lambda/errors.h"
#include "services/lambda/image_documents.h"
#include "services/lambda/image_source.h"
#include "services/lambda/image_unpack.h"
#include "services/lambda/resource_errors.h"

namespace martlet::lambda {

namespace {

/// An index may lead to another index (a local layout to one for many platforms), but not on and on.
constexpr int kMaxIndexes = 4;

struct Found {
  ImageManifest manifest;
  std::string sha256;
};

Task<Found> find_manifest(ImageSource& source, std::string architecture) {
  ImageSource::Document start = co_await source.document();
  std::string text = std::move(start.text);
  std::string name = std::move(start.name);
  for (int indexes = 0; indexes <= kMaxIndexes; ++indexes) {
    const ImageDocument document = parse_image_document(text);
    if (document.manifest) co_return Found{*document.manifest, to_hex(as_view(sha256(text)))};
    const ImageDescriptor image = choose_image(document.images, architecture, name);
    text = co_await source.manifest(image);
    name.clear();
  }
  throw MalformedImage("indexes without end");
}

}  // namespace

Images::Images(std::string directory, BlockingPool& pool, store::Blobs& blobs, CodePackages& packages,
               net::Client& client)
    : directory_(std::move(directory)), pool_(pool), blobs_(blobs), packages_(packages), client_(client) {
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directories(directory_);
}

Task<ImageUse> Images::fetch_from_source(std::string uri, std::string architecture) {
  const auto reference = parse_image_reference(uri);
  if (!reference) throw ImageNotFound("not a reference to an image: " + uri);
  std::unique_ptr<ImageSource> source;
  if (reference->kind == ImageReference::Kind::kLocal) {
    const std::string temporary = directory_ + "/" + std::to_string(next_temporary_++);
    source = co_await open_local_image(*reference, pool_, blobs_, temporary);
  } else {
    source = open_registry_image(*reference, client_, blobs_);
  }
  const Found found = co_await find_manifest(*source, architecture);
  const ImageSettings settings = parse_image_config(co_await source->config(found.manifest.config));
  ImageUse image;
  image.uri = uri;
  image.resolved_uri = reference->resolved(found.sha256);
  image.sha256 = found.sha256;
  for (const ImageDescriptor& layer : found.manifest.layers)
    image.layers.push_back(co_await source->layer(layer));
  image.entry_point = settings.entry_point;
  image.command = settings.command;
  image.working_directory = settings.working_directory;
  image.variables = settings.variables;
  co_return image;
}

Task<ImageUse> Images::fetch(std::string uri, std::string architecture) {
  try {
    co_return co_await fetch_from_source(uri, architecture);
  } catch (const ImageNotFound& error) {
    log::info("no image", {{"image", uri}, {"reason", error.what()}});
    throw source_image_not_found(uri);
  } catch (const ImageAccessDenied& error) {
    log::info("no access to an image", {{"image", uri}, {"reason", error.what()}});
    throw source_image_denied();
  } catch (const MalformedImage& error) {
    log::info("not an image for functions", {{"image", uri}, {"reason", error.what()}});
    throw source_image_not_supported(uri);
  } catch (const net::ClientError& error) {
    log::info("no answer from a registry", {{"image", uri}, {"reason", error.what()}});
    throw source_image_not_valid(uri);
  } catch (const std::filesystem::filesystem_error& error) {
    log::info("cannot read an image", {{"image", uri}, {"reason", error.what()}});
    throw invalid_parameter("Source image " + uri + " is not valid. Provide a valid source image (" +
                            error.code().message() + ").");
  }
}

Task<std::shared_ptr<CodeDirectory>> Images::open(ImageUse image) {
  std::vector<std::string> layers;
  for (const store::BlobRef& layer : image.layers) layers.push_back(blobs_.path_of(layer));
  try {
    co_return co_await packages_.open_with(
        image.directory_key(), [layers](const std::string& directory) { unpack_image(layers, directory); });
  } catch (const MalformedImage& error) {
    log::info("broken layers in an image", {{"image", image.uri}, {"reason", error.what()}});
    throw source_image_not_supported(image.uri);
  }
}

}  // namespace martlet::lambda
