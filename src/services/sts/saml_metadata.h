#pragma once

// What the metadata document of a SAML identity provider tells: who it is, and the certificates whose keys
// sign its assertions. Values.

#include <string>
#include <string_view>
#include <vector>

namespace martlet::sts {

struct SamlMetadata {
  /// entityID: the issuer of its assertions.
  std::string issuer;
  /// DER.
  std::vector<std::string> certificates;

  /// Empty in all parts that the document does not have.
  static SamlMetadata parse(std::string_view document);
};

}  // namespace martlet::sts
