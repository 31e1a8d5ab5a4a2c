#include "services/lambda/image_reference.h"

#include <array>

namespace martlet::lambda {

namespace {

constexpr std::array<std::string_view, 3> kLocalSchemes{"oci:", "docker-archive:", "oci-archive:"};

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

constexpr std::string_view kTagCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
constexpr std::string_view kRepositoryCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_.-/";
constexpr std::string_view kHostCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:[]";

/// Takes ":tag" off the end, where there is one.
std::string take_tag(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find('/', colon) != std::string_view::npos) return {};
  std::string tag(text.substr(colon + 1));
  text = text.substr(0, colon);
  return tag;
}

std::optional<ImageReference> parse_local(std::string_view uri) {
  std::string_view path = uri;
  for (const std::string_view scheme : kLocalSchemes)
    if (uri.starts_with(scheme)) path = uri.substr(scheme.size());
  if (path.empty() || path.front() != '/') return std::nullopt;
  const std::size_t scheme_length = uri.size() - path.size();
  ImageReference out;
  out.tag = take_tag(path);
  out.path = path;
  out.base = uri.substr(0, scheme_length + path.size());
  return out;
}

/// The first part is a host if it could be nothing else: it has a dot or a port, or is "localhost".
bool is_host(std::string_view text) {
  return consists_of(text, kHostCharacters) &&
         (text.find_first_of(".:") != std::string_view::npos || text == "localhost");
}

}  // namespace

std::string ImageReference::registry_url() const {
  const bool here = host == "localhost" || host.starts_with("localhost:") || host.starts_with("127.") ||
                    host.starts_with("[::1]");
  return (here ? "http://" : "https://") + host;
}

std::optional<ImageReference> parse_image_reference(std::string_view uri) {
  if (uri.find('\0') != std::string_view::npos) return std::nullopt;
  if (auto local = parse_local(uri)) return local;
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos || !is_host(uri.substr(0, slash))) return std::nullopt;
  ImageReference out;
  out.kind = ImageReference::Kind::kRegistry;
  out.host = uri.substr(0, slash);
  std::string_view rest = uri.substr(slash + 1);
  constexpr std::string_view kDigest = "@sha256:";
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    const std::string_view digest = rest.substr(at);
    if (!digest.starts_with(kDigest) || digest.size() != kDigest.size() + 64 ||
        !consists_of(digest.substr(kDigest.size()), "0123456789abcdef"))
      return std::nullopt;
    out.sha256 = digest.substr(kDigest.size());
    rest = rest.substr(0, at);
  }
  out.tag = take_tag(rest);
  if (!consists_of(rest, kRepositoryCharacters) || rest.front() == '/' || rest.back() == '/' ||
      rest.find("//") != std::string_view::npos || rest.find("..") != std::string_view::npos)
    return std::nullopt;
  if (!out.tag.empty() && !consists_of(out.tag, kTagCharacters)) return std::nullopt;
  out.repository = rest;
  out.base = out.host + "/" + out.repository;
  return out;
}

}  // namespace martlet::lambda
