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
    "MIIBczCCARmgAwIBAgIUXtD5bomWP2GNNUV6k/i3symSWiIwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEZnV6ejAeFw0yNjExMzAw"
    "MDMzMjlaFw0yNjEyMDIwMDMzMjlaMA8xDTALBgNVBAMMBGZ1enowWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATwiqHGn6yge5a/"
    "S/EoIn2NJZC9n+P+l5azMO+OL4lIukVNsbOICozeKWWlBhS63Hm8rafj2Zl8XvDlJVNXqanAo1MwUTAdBgNVHQ4EFgQU7y+kMUrL"
    "2AMeU0aycpk8vfQcDbMwHwYDVR0jBBgwFoAU7y+kMUrL2AMeU0aycpk8vfQcDbMwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD"
    "AgNIADBFAiBzRtNGpYsndk5TsGySN2elH3U6O+XTINnEd4yth5zTzQIhAKmffowVIa8CghwlDTvpWxoW1iFwsT3FvaL8h71JwAee";
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
