#include "services/sts/saml_assertion.h"

#include <algorithm>

#include "services/sts/errors.h"
#include "services/sts/xml_signature.h"
#include "wire/timestamp.h"

namespace martlet::sts {

namespace {

constexpr const char* kProtocol = "urn:oasis:names:tc:SAML:2.0:protocol";
constexpr const char* kAssertions = "urn:oasis:names:tc:SAML:2.0:assertion";
constexpr std::string_view kFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:";
constexpr std::string_view kSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success";

XmlName assertion(const char* name) { return {kAssertions, name}; }

aws::Error invalid() { return invalid_identity_token("Invalid SAML response"); }

std::optional<TimePoint> time_of(const xmlNode* element, const char* name) {
  const std::string text = attribute(element, name);
  if (text.empty()) return std::nullopt;
  const auto time = wire::parse_timestamp(text);
  if (!time) throw invalid();
  return time;
}

/// The assertion, once it is known to be covered by a signature: its own, or that of the whole response.
xmlNode* signed_assertion(const XmlDocument& document, const SamlMetadata& provider) {
  xmlNode* const response = document.root({kProtocol, "Response"});
  xmlNode* const found = only_child(response, assertion("Assertion"));
  if (found == nullptr) throw invalid();
  if (const xmlNode* status = only_child(response, {kProtocol, "Status"}); status != nullptr)
    if (attribute(only_child(status, {kProtocol, "StatusCode"}), "Value") != kSuccess) throw invalid();
  xmlNode* const covered = has_signature(found) ? found : response;
  if (!is_signed(document, covered, provider.certificates))
    throw invalid_identity_token("Response signature invalid");
  return found;
}

void read_subject(SamlAssertion& out, const xmlNode* subject) {
  const xmlNode* const name = only_child(subject, assertion("NameID"));
  out.subject = text_of(name);
  out.subject_type = attribute(name, "Format");
  if (out.subject_type.starts_with(kFormat)) out.subject_type.erase(0, kFormat.size());
  const xmlNode* const data =
      only_child(only_child(subject, assertion("SubjectConfirmation")), assertion("SubjectConfirmationData"));
  out.recipient = attribute(data, "Recipient");
  const auto ends = time_of(data, "NotOnOrAfter");
  if (data == nullptr || !ends)
    throw invalid_identity_token(
        "The assertion needs one SubjectConfirmation, with Recipient and NotOnOrAfter");
  out.redeem_before = *ends;
}

void read_conditions(SamlAssertion& out, const xmlNode* conditions) {
  out.not_before = time_of(conditions, "NotBefore");
  out.not_on_or_after = time_of(conditions, "NotOnOrAfter");
  for (const xmlNode* restriction : children(conditions, assertion("AudienceRestriction")))
    for (const xmlNode* audience : children(restriction, assertion("Audience")))
      out.audiences.push_back(text_of(audience));
}

void read_attributes(SamlAssertion& out, const xmlNode* statement) {
  for (const xmlNode* one : children(statement, assertion("Attribute"))) {
    auto& values = out.attributes[attribute(one, "Name")];
    for (const xmlNode* value : children(one, assertion("AttributeValue"))) values.push_back(text_of(value));
  }
}

}  // namespace

std::string SamlAssertion::first(const std::string& name) const {
  const auto found = attributes.find(name);
  return found == attributes.end() || found->second.empty() ? std::string() : found->second.front();
}

SamlAssertion SamlAssertion::verified(std::string_view response, const SamlMetadata& provider) {
  const auto document = XmlDocument::parse(response);
  if (!document) throw invalid();
  const xmlNode* const found = signed_assertion(*document, provider);
  SamlAssertion out;
  out.issuer = text_of(only_child(found, assertion("Issuer")));
  if (out.issuer.empty() || out.issuer != provider.issuer)
    throw invalid_identity_token("Issuer not present in specified provider");
  read_subject(out, only_child(found, assertion("Subject")));
  if (children(found, assertion("Conditions")).size() > 1) throw invalid();
  read_conditions(out, only_child(found, assertion("Conditions")));
  for (const xmlNode* statement : children(found, assertion("AuthnStatement")))
    if (const auto ends = time_of(statement, "SessionNotOnOrAfter"); ends)
      out.session_ends = std::min(out.session_ends.value_or(*ends), *ends);
  for (const xmlNode* statement : children(found, assertion("AttributeStatement")))
    read_attributes(out, statement);
  return out;
}

}  // namespace martlet::sts
