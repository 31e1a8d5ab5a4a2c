#include "services/sts/saml_metadata.h"

#include <algorithm>

#include "base/crypto.h"
#include "services/sts/xml.h"

namespace martlet::sts {

namespace {

constexpr const char* kMetadata = "urn:oasis:names:tc:SAML:2.0:metadata";
constexpr const char* kSignatures = "http://www.w3.org/2000/09/xmldsig#";

void add_certificates(const xmlNode* descriptor, std::vector<std::string>& certificates) {
  for (const xmlNode* info : children(descriptor, {kSignatures, "KeyInfo"}))
    for (const xmlNode* data : children(info, {kSignatures, "X509Data"}))
      for (const xmlNode* certificate : children(data, {kSignatures, "X509Certificate"})) {
        std::string text = text_of(certificate);
        std::erase_if(text, [](unsigned char letter) { return std::isspace(letter) != 0; });
        if (auto der = base64_decode(text); der && !der->empty()) certificates.push_back(std::move(*der));
      }
}

}  // namespace

SamlMetadata SamlMetadata::parse(std::string_view document) {
  SamlMetadata metadata;
  const auto xml = XmlDocument::parse(document);
  if (!xml) return metadata;
  const xmlNode* const entity = xml->root({kMetadata, "EntityDescriptor"});
  metadata.issuer = attribute(entity, "entityID");
  for (const xmlNode* provider : children(entity, {kMetadata, "IDPSSODescriptor"}))
    for (const xmlNode* key : children(provider, {kMetadata, "KeyDescriptor"}))
      if (attribute(key, "use") != "encryption") add_certificates(key, metadata.certificates);
  return metadata;
}

}  // namespace martlet::sts
