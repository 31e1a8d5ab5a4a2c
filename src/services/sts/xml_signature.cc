#include "services/sts/xml_signature.h"

#include <libxml/tree.h>
#include <libxml/valid.h>
#include <openssl/err.h>
#include <xmlsec/app.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#include <memory>
#include <stdexcept>

namespace martlet::sts {

namespace {

constexpr const char* kSpace = "http://www.w3.org/2000/09/xmldsig#";
constexpr XmlName kSignature{kSpace, "Signature"};
constexpr XmlName kSignedInfo{kSpace, "SignedInfo"};
constexpr XmlName kReference{kSpace, "Reference"};

using Context = std::unique_ptr<xmlSecDSigCtx, decltype(&xmlSecDSigCtxDestroy)>;

const xmlChar* xml(const std::string& text) { return reinterpret_cast<const xmlChar*>(text.c_str()); }

/// What fails in a signature is its maker's business, not the log's.
void say_nothing(const char*, int, const char*, const char*, const char*, int, const char*) {}

/// Once for the process; what it allocates stays.
void start_library() {
  static const bool started = [] {
    if (xmlSecInit() < 0 || xmlSecCryptoAppInit(nullptr) < 0 || xmlSecCryptoInit() < 0)
      throw std::runtime_error("the XML security library does not start");
    xmlSecErrorsSetCallback(&say_nothing);
    return true;
  }();
  (void)started;
}

void allow_only_what_saml_needs(xmlSecDSigCtx& context) {
  for (const xmlSecTransformId canonical :
       {xmlSecTransformExclC14NId, xmlSecTransformExclC14NWithCommentsId, xmlSecTransformInclC14NId,
        xmlSecTransformInclC14NWithCommentsId}) {
    xmlSecDSigCtxEnableReferenceTransform(&context, canonical);
    xmlSecDSigCtxEnableSignatureTransform(&context, canonical);
  }
  for (const xmlSecTransformId allowed : {xmlSecTransformEnvelopedId, xmlSecTransformSha256Id,
                                          xmlSecTransformSha384Id, xmlSecTransformSha512Id})
    xmlSecDSigCtxEnableReferenceTransform(&context, allowed);
  for (const xmlSecTransformId method :
       {xmlSecTransformRsaSha256Id, xmlSecTransformRsaSha384Id, xmlSecTransformRsaSha512Id,
        xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id, xmlSecTransformEcdsaSha512Id})
    xmlSecDSigCtxEnableSignatureTransform(&context, method);
  context.enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
}

bool verifies(xmlNode* signature, const std::string& certificate) {
  const Context context(xmlSecDSigCtxCreate(nullptr), &xmlSecDSigCtxDestroy);
  if (!context) return false;
  allow_only_what_saml_needs(*context);
  context->signKey = xmlSecCryptoAppKeyLoadMemory(reinterpret_cast<const xmlSecByte*>(certificate.data()),
                                                  static_cast<xmlSecSize>(certificate.size()),
                                                  xmlSecKeyDataFormatCertDer, nullptr, nullptr, nullptr);
  if (context->signKey == nullptr) return false;
  return xmlSecDSigCtxVerify(context.get(), signature) == 0 && context->status == xmlSecDSigStatusSucceeded &&
         xmlSecPtrListGetSize(&context->signedInfoReferences) == 1;
}

/// Makes the element, and nothing else, be what "#ID" means. False when it has no ID or somebody else has it.
bool claim_id(const XmlDocument& document, xmlNode* element, const std::string& id) {
  xmlAttr* const attribute = xmlHasNsProp(element, xml("ID"), nullptr);
  return attribute != nullptr && !id.empty() &&
         xmlAddID(nullptr, document.get(), xml(id), attribute) != nullptr;
}

}  // namespace

bool has_signature(const xmlNode* element) { return !children(element, kSignature).empty(); }

bool is_signed(const XmlDocument& document, xmlNode* element, const std::vector<std::string>& certificates) {
  xmlNode* const signature = only_child(element, kSignature);
  const xmlNode* const reference = only_child(only_child(signature, kSignedInfo), kReference);
  const std::string id = attribute(element, "ID");
  if (reference == nullptr || attribute(reference, "URI") != "#" + id) return false;
  start_library();
  if (!claim_id(document, element, id)) return false;
  bool verified = false;
  for (const std::string& certificate : certificates) verified = verified || verifies(signature, certificate);
  ERR_clear_error();
  return verified;
}

}  // namespace martlet::sts
