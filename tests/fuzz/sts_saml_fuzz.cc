// Responses and metadata of SAML identity providers: read or refused, whatever they hold. And the one thing
// that matters: what is accepted is what the provider has signed. The seeds are signed by the key of the
// certificate below; of that key nothing else was ever signed.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/error.h"
#include "services/sts/saml_assertion.h"
#include "services/sts/saml_keys.h"

namespace {

using martlet::sts::SamlAssertion;
using martlet::sts::SamlMetadata;

constexpr const char* kCertificate =
    "MIIBczCCARmgAwIBAgIUPqciMR1qv/zAu+Q4ylbcd1EoRLswCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEZnV6ejAeFw0yNjExMzAw"
    "MDIxMjNaFw0yNjEyMDIwMDIxMjNaMA8xDTALBgNVBAMMBGZ1enowWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARVUAWMkOhzonno"
    "LElYfsNJQ55Jm5EZMRGtZ+ttmQhkNQvsn3+P1w36a051Wnqi4RmcVcZaBQMYLJeRoESHldFdo1MwUTAdBgNVHQ4EFgQUv/CS8lEl"
    "s1LCf3PXYoN2RDw68N4wHwYDVR0jBBgwFoAUv/CS8lEls1LCf3PXYoN2RDw68N4wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD"
    "AgNIADBFAiBnb9RnJ1suB23GHRR2GP9rjKdGG4YhJ4mBj8lVIPtaRQIhAPVa8WlPAnEfRN6KMyy7tY0xjjV5eA3bktKbEaPoCWVu";
const std::string kAttributes = "https://aws.amazon.com/SAML/Attributes/";

bool is_what_was_signed(const SamlAssertion& assertion) {
  const std::map<std::string, std::vector<std::string>> attributes{
      {kAttributes + "Role", {"arn:aws:iam::000000000000:role/r,arn:aws:iam::000000000000:saml-provider/p"}},
      {kAttributes + "RoleSessionName", {"ann@example.com"}}};
  return assertion.subject == "victim" && assertion.subject_type == "persistent" &&
         assertion.recipient == "https://signin.aws.amazon.com/saml" &&
         assertion.audiences == std::vector<std::string>{"urn:amazon:webservices"} &&
         assertion.not_on_or_after == assertion.redeem_before && !assertion.session_ends &&
         assertion.attributes == attributes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SamlMetadata provider{.issuer = "https://idp.example.com/saml",
                                     .certificates = {martlet::base64_decode(kCertificate).value()}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)SamlMetadata::parse(text);
  try {
    const SamlAssertion assertion = SamlAssertion::verified(text, provider);
    if (!is_what_was_signed(assertion)) std::abort();
    (void)martlet::sts::saml_keys(assertion);
  } catch (const martlet::aws::Error& error) {
    if (error.code() != "InvalidIdentityToken") std::abort();
  }
  return 0;
}
