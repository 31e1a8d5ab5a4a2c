#include "services/sts/saml_keys.h"

#include <array>
#include <string>
#include <utility>

namespace martlet::sts {

namespace {

using Mapping = std::pair<const char*, const char*>;

// Of keys with several attributes the first one that is there counts: of later ones nothing is set.
constexpr std::array<Mapping, 30> kKeys{{
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "saml:edupersonaffiliation"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.2", "saml:edupersonnickname"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.3", "saml:edupersonorgdn"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.4", "saml:edupersonorgunitdn"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.5", "saml:edupersonprimaryaffiliation"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "saml:edupersonprincipalname"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.7", "saml:edupersonentitlement"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.8", "saml:edupersonprimaryorgunitdn"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.9", "saml:edupersonscopedaffiliation"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.10", "saml:edupersontargetedid"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.11", "saml:edupersonassurance"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.2", "saml:eduorghomepageuri"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.3", "saml:eduorgidentityauthnpolicyuri"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.4", "saml:eduorglegalname"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.5", "saml:eduorgsuperioruri"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.6", "saml:eduorgwhitepagesuri"},
    {"urn:oid:2.5.4.3", "saml:cn"},
    {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "saml:name"},
    {"http://schemas.xmlsoap.org/claims/CommonName", "saml:commonname"},
    {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "saml:givenname"},
    {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "saml:surname"},
    {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "saml:mail"},
    {"http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid", "saml:uid"},
    {"2.5.4.3", "saml:commonname"},
    {"2.5.4.4", "saml:surname"},
    {"2.4.5.42", "saml:givenname"},
    {"2.5.4.45", "saml:x500uniqueidentifier"},
    {"0.9.2342.19200300100.1.1", "saml:uid"},
    {"0.9.2342.19200300100.1.3", "saml:mail"},
    {"0.9.2342.19200300.100.1.45", "saml:organizationstatus"},
}};

}  // namespace

policy::ContextList saml_keys(const SamlAssertion& assertion) {
  policy::ContextList keys;
  keys.set("saml:iss", assertion.issuer);
  keys.set("saml:aud", assertion.recipient);
  keys.set("saml:sub", assertion.subject);
  if (!assertion.subject_type.empty()) keys.set("saml:sub_type", assertion.subject_type);
  for (const auto& [attribute, key] : kKeys) {
    const auto found = assertion.attributes.find(attribute);
    if (found == assertion.attributes.end() || found->second.empty()) continue;
    if (keys.find(key).empty()) keys.set(key, found->second);
  }
  return keys;
}

}  // namespace martlet::sts
