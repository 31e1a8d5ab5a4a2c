// Images in registries, over the HTTP API V2 that Docker's registry and the OCI distribution specification
// describe: manifests and blobs, with no, basic or bearer authentication.

#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/strings.h"
#include "net/url.h"
#include "services/lambda/image_source.h"
#include "services/lambda/limits.h"
#include "services/lambda/registry_credentials.h"

namespace martlet::lambda {

namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::size_t kMaxTokenBytes = 1 << 20;
constexpr int kMaxRedirects = 5;

constexpr const char* kManifestTypes =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

/// The value of a parameter of WWW-Authenticate: realm="...".
std::string parameter(std::string_view challenge, std::string_view name) {
  const std::string start = std::string(name) + "=\"";
  const std::size_t at = challenge.find(start);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + start.size();
  const std::size_t end = challenge.find('"', begin);
  return std::string(challenge.substr(begin, end == std::string_view::npos ? end : end - begin));
}

std::string token_in(std::string_view answer) {
  boost::system::error_code failed;
  const boost::json::value document = boost::json::parse(answer, failed);
  if (failed || !document.is_object()) return {};
  for (const char* member : {"token", "access_token"})
    if (const auto* token = document.get_object().if_contains(member); token && token->is_string())
      return {token->get_string().data(), token->get_string().size()};
  return {};
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

class RegistryImage final : public ImageSource {
 public:
  RegistryImage(ImageReference reference, net::Client& client, store::Blobs& blobs)
      : reference_(std::move(reference)), client_(client), blobs_(blobs) {}

  Task<Document> document() override {
    const std::string tag = reference_.tag.empty() ? "latest" : reference_.tag;
    std::string text =
        co_await read("manifests/" + (reference_.sha256.empty() ? tag : "sha256:" + reference_.sha256));
    if (!reference_.sha256.empty()) verify_digest(text, reference_.sha256);
    co_return Document{std::move(text), ""};
  }

  Task<std::string> manifest(ImageDescriptor descriptor) override {
    std::string text = co_await read("manifests/sha256:" + descriptor.sha256);
    verify_digest(text, descriptor.sha256);
    co_return text;
  }

  Task<std::string> config(ImageDescriptor descriptor) override {
    std::string text = co_await read("blobs/sha256:" + descriptor.sha256);
    verify_digest(text, descriptor.sha256);
    co_return text;
  }

  Task<store::BlobRef> layer(ImageDescriptor descriptor) override {
    const auto answer = co_await get("blobs/sha256:" + descriptor.sha256);
    store::Blobs::Writer writer(blobs_);
    std::uint64_t bytes = 0;
    while (true) {
      std::string piece = co_await answer->read_some(kPieceBytes);
      if (piece.empty()) break;
      bytes += piece.size();
      if (bytes > descriptor.size) throw MalformedImage("a layer is larger than its manifest says");
      co_await writer.append(std::move(piece));
    }
    const store::BlobRef blob = co_await writer.finish();
    if (blob.sha256 != descriptor.sha256) throw MalformedImage("a layer does not have its digest");
    co_return blob;
  }

 private:
  Task<std::string> read(std::string path) {
    const auto answer = co_await get(std::move(path));
    co_return co_await answer->read_all(kMaxImageDocumentBytes);
  }

  /// Asks for a part of the repository, with whatever authentication the registry wants.
  Task<std::unique_ptr<net::ClientAnswer>> get(std::string path) {
    const std::string url = reference_.registry_url() + "/v2/" + reference_.repository + "/" + path;
    auto answer = co_await follow(url);
    if (answer->status() == 401 && authorization_.empty()) {
      co_await authenticate(std::string(answer->headers().get("WWW-Authenticate")));
      if (!authorization_.empty()) answer = co_await follow(url);
    }
    if (answer->status() == 401 || answer->status() == 403)
      throw ImageAccessDenied("the registry answers " + std::to_string(answer->status()) + " for " + url);
    if (answer->status() == 404) throw ImageNotFound("the registry has no " + url);
    if (answer->status() != 200)
      throw MalformedImage("the registry answers " + std::to_string(answer->status()) + " for " + url);
    co_return answer;
  }

  /// Registries often keep blobs elsewhere; the authorization is not for there.
  Task<std::unique_ptr<net::ClientAnswer>> follow(std::string url) {
    for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
      net::ClientRequest request{.url = url};
      request.headers.add("Accept", std::string(kManifestTypes) + ", */*");
      const bool same_registry = url.starts_with(reference_.registry_url() + "/");
      if (same_registry && !authorization_.empty()) request.headers.add("Authorization", authorization_);
      auto answer = co_await client_.open(std::move(request));
      if (!is_redirect(answer->status())) co_return answer;
      const std::string location(answer->headers().get("Location"));
      url = location.starts_with('/') ? reference_.registry_url() + location : location;
    }
    throw MalformedImage("too many redirects from the registry " + reference_.host);
  }

  Task<> authenticate(std::string challenge) {
    const auto credentials = registry_credentials(reference_.host);
    const std::string scheme = to_lower(challenge.substr(0, challenge.find(' ')));
    if (scheme == "basic" && credentials) authorization_ = "Basic " + *credentials;
    if (scheme != "bearer") co_return;
    const std::string realm = parameter(challenge, "realm");
    if (!net::Url::parse(realm)) co_return;
    std::string scope = parameter(challenge, "scope");
    if (scope.empty()) scope = "repository:" + reference_.repository + ":pull";
    const char* joint = realm.find('?') == std::string::npos ? "?" : "&";
    net::ClientRequest request{.url = realm + joint +
                                      "service=" + percent_encode(parameter(challenge, "service")) +
                                      "&scope=" + percent_encode(scope)};
    if (credentials) request.headers.add("Authorization", "Basic " + *credentials);
    const net::Response answer = co_await client_.send(std::move(request), kMaxTokenBytes);
    const std::string token = answer.status == 200 ? token_in(answer.body) : "";
    if (!token.empty()) authorization_ = "Bearer " + token;
  }

  ImageReference reference_;
  net::Client& client_;
  store::Blobs& blobs_;
  /// Value of the Authorization header, once the registry has asked for one.
  std::string authorization_;
};

}  // namespace

std::unique_ptr<ImageSource> open_registry_image(ImageReference reference, net::Client& client,
                                                 store::Blobs& blobs) {
  return std::make_unique<RegistryImage>(std::move(reference), client, blobs);
}

}  // namespace martlet::lambda
