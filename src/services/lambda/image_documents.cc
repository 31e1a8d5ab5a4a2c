#include "services/lambda/image_documents.h"

#include <algorithm>
#include <boost/json.hpp>

namespace martlet::lambda {

namespace json = boost::json;

namespace {

/// Images have some dozens of layers (127 at most with Docker's own storage).
constexpr std::size_t kMaxParts = 1000;

json::value parse(std::string_view text) {
  boost::system::error_code failed;
  json::value document = json::parse(text, failed);
  if (failed) throw MalformedImage("not JSON: " + failed.message());
  return document;
}

const json::object& object_of(const json::value& value, const char* what) {
  const json::object* object = value.if_object();
  if (object == nullptr) throw MalformedImage(std::string(what) + " is not an object");
  return *object;
}

/// The member as text; empty when it is absent or null.
std::string text_of(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr || value->is_null()) return {};
  const json::string* text = value->if_string();
  if (text == nullptr) throw MalformedImage(std::string(member) + " is not a string");
  return {text->data(), text->size()};
}

/// The member as an array; null when it is absent or null.
const json::array* array_of(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr || value->is_null()) return nullptr;
  const json::array* array = value->if_array();
  if (array == nullptr) throw MalformedImage(std::string(member) + " is not an array");
  if (array->size() > kMaxParts) throw MalformedImage(std::string(member) + " is too long");
  return array;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view member) {
  std::vector<std::string> texts;
  const json::array* array = array_of(object, member);
  if (array == nullptr) return texts;
  for (const json::value& item : *array) {
    if (!item.is_string()) throw MalformedImage(std::string(member) + " holds something else than strings");
    texts.emplace_back(item.get_string().data(), item.get_string().size());
  }
  return texts;
}

std::string sha256_of(std::string_view digest) {
  constexpr std::string_view kAlgorithm = "sha256:";
  if (!digest.starts_with(kAlgorithm)) throw MalformedImage("not a SHA-256 digest: " + std::string(digest));
  digest.remove_prefix(kAlgorithm.size());
  if (digest.size() != 64 || digest.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    throw MalformedImage("malformed digest");
  return std::string(digest);
}

ImageDescriptor descriptor_of(const json::value& value) {
  const json::object& object = object_of(value, "descriptor");
  ImageDescriptor out;
  out.media_type = text_of(object, "mediaType");
  out.sha256 = sha256_of(text_of(object, "digest"));
  const json::value* size = object.if_contains("size");
  if (size == nullptr || !size->is_int64() || size->get_int64() < 0) throw MalformedImage("size is no size");
  out.size = static_cast<std::uint64_t>(size->get_int64());
  if (const json::value* platform = object.if_contains("platform"); platform && !platform->is_null()) {
    out.architecture = text_of(object_of(*platform, "platform"), "architecture");
    out.os = text_of(object_of(*platform, "platform"), "os");
  }
  if (const json::value* annotations = object.if_contains("annotations");
      annotations && !annotations->is_null())
    out.name = text_of(object_of(*annotations, "annotations"), "org.opencontainers.image.ref.name");
  return out;
}

/// "application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip", ...
void check_layer(const ImageDescriptor& layer) {
  if (layer.media_type.find(".tar") == std::string::npos)
    throw MalformedImage("not a layer: " + layer.media_type);
}

}  // namespace

ImageDocument parse_image_document(std::string_view text) {
  const json::value document = parse(text);
  const json::object& object = object_of(document, "document");
  ImageDocument out;
  if (const json::array* images = array_of(object, "manifests")) {
    for (const json::value& image : *images) out.images.push_back(descriptor_of(image));
    if (out.images.empty()) throw MalformedImage("an index without images");
    return out;
  }
  const json::value* config = object.if_contains("config");
  const json::array* layers = array_of(object, "layers");
  if (config == nullptr || layers == nullptr) throw MalformedImage("neither an index nor a manifest");
  auto& manifest = out.manifest.emplace();
  manifest.config = descriptor_of(*config);
  for (const json::value& layer : *layers) {
    manifest.layers.push_back(descriptor_of(layer));
    check_layer(manifest.layers.back());
  }
  return out;
}

ImageDescriptor choose_image(const std::vector<ImageDescriptor>& images, const std::string& architecture,
                             const std::string& name) {
  const std::string wanted = architecture == "x86_64" ? "amd64" : architecture;
  const auto named = [&](const ImageDescriptor& image) { return name.empty() || image.name == name; };
  const auto fits = [&](const ImageDescriptor& image) {
    return named(image) && image.architecture == wanted && (image.os.empty() || image.os == "linux");
  };
  // The index of a local layout often names no platform; what it leads to may be an index that does.
  const auto might_fit = [&](const ImageDescriptor& image) {
    return named(image) && image.architecture.empty();
  };
  auto found = std::ranges::find_if(images, fits);
  if (found == images.end()) found = std::ranges::find_if(images, might_fit);
  if (found == images.end()) throw MalformedImage("no image for linux/" + wanted);
  return *found;
}

ImageSettings parse_image_config(std::string_view text) {
  const json::value document = parse(text);
  const json::object& object = object_of(document, "configuration");
  ImageSettings out;
  if (const json::value* rootfs = object.if_contains("rootfs"); rootfs && !rootfs->is_null())
    for (const std::string& digest : texts_of(object_of(*rootfs, "rootfs"), "diff_ids"))
      out.layer_sha256.push_back(sha256_of(digest));
  const json::value* config = object.if_contains("config");
  if (config == nullptr || config->is_null()) return out;
  const json::object& settings = object_of(*config, "config");
  out.entry_point = texts_of(settings, "Entrypoint");
  out.command = texts_of(settings, "Cmd");
  out.working_directory = text_of(settings, "WorkingDir");
  for (const std::string& variable : texts_of(settings, "Env")) {
    const std::size_t equals = variable.find('=');
    if (equals == std::string::npos || equals == 0 || variable.find('\0') != std::string::npos) continue;
    out.variables[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  return out;
}

std::vector<DockerArchiveImage> parse_docker_archive(std::string_view text) {
  const json::value document = parse(text);
  const json::array* images = document.if_array();
  if (images == nullptr || images->size() > kMaxParts) throw MalformedImage("manifest.json is not an array");
  std::vector<DockerArchiveImage> out;
  for (const json::value& value : *images) {
    const json::object& image = object_of(value, "image");
    out.push_back({text_of(image, "Config"), texts_of(image, "RepoTags"), texts_of(image, "Layers")});
  }
  return out;
}

}  // namespace martlet::lambda
