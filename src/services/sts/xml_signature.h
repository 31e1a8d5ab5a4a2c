#pragma once

// XML signatures (XML-DSig), over xmlsec: whether an element of a document is covered, whole, by a signature
// in it. Only what SAML allows counts: one reference, to the element that holds the signature, by its ID; RSA
// or ECDSA with SHA-256, SHA-384 or SHA-512; no transformations but leaving out the signature and
// canonicalizing. Keys that come with the signature are not looked at. Lives on the loop.

#include <string>
#include <vector>

#include "services/sts/xml.h"

namespace martlet::sts {

/// Whether the one signature directly below `element` was made over `element` by the key of one of the
/// certificates (DER). Everything below the element is then signed, but for what is inside the signature.
/// Asked at most once for each element.
bool is_signed(const XmlDocument& document, xmlNode* element, const std::vector<std::string>& certificates);

/// Whether a signature stands directly below the element.
bool has_signature(const xmlNode* element);

}  // namespace martlet::sts
