#pragma once

// What Code.ImageUri may be: a directory or tar file on this host, or a reference to a registry.
//
//   oci:/path/to/layout[:tag], /path/to/layout            an OCI image layout
//   docker-archive:/path/to/image.tar[:tag]               what `docker save` writes
//   oci-archive:/path/to/image.tar[:tag], /path/to/image.tar
//   registry.example/repository[:tag][@sha256:...]        over https
//   localhost:5000/repository[:tag]                       over http; also 127.0.0.1 and [::1]

#include <optional>
#include <string>
#include <string_view>

namespace martlet::lambda {

struct ImageReference {
  enum class Kind { kLocal, kRegistry };
  Kind kind = Kind::kLocal;
  /// As it was given, tag and digest excluded.
  std::string base;
  /// With kLocal: absolute.
  std::string path;
  /// With kRegistry.
  std::string host;
  std::string repository;
  /// Empty when none was given.
  std::string tag;
  /// 64 hexadecimal digits; empty when none was given.
  std::string sha256;

  /// The same image by its digest.
  [[nodiscard]] std::string resolved(const std::string& digest_hex) const {
    return base + "@sha256:" + digest_hex;
  }
  /// "http://localhost:5000" or "https://registry.example".
  [[nodiscard]] std::string registry_url() const;
};

/// nullopt for what is none of these.
std::optional<ImageReference> parse_image_reference(std::string_view uri);

}  // namespace martlet::lambda
