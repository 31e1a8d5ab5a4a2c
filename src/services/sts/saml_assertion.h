#pragma once

// The assertion in the response of a SAML 2.0 identity provider, as far as AWS looks at it ("Configure SAML
// assertions for the authentication response"). What is read here was signed by the provider. Values.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "services/sts/saml_metadata.h"

namespace martlet::sts {

struct SamlAssertion {
  std::string issuer;
  /// Of the one SubjectConfirmationData.
  std::string recipient;
  TimePoint redeem_before;
  /// NameID, and the last part of its format: "persistent".
  std::string subject;
  std::string subject_type;
  std::vector<std::string> audiences;
  std::optional<TimePoint> not_before;
  std::optional<TimePoint> not_on_or_after;
  /// When the provider wants the session to end.
  std::optional<TimePoint> session_ends;
  /// By their Name.
  std::map<std::string, std::vector<std::string>> attributes;

  /// The attribute's first value; empty when there is none.
  [[nodiscard]] std::string first(const std::string& name) const;

  /// Reads the response. Throws aws::Error InvalidIdentityToken when it is none, when the provider has not
  /// signed it or its assertion, or when it lacks what AWS asks for.
  static SamlAssertion verified(std::string_view response, const SamlMetadata& provider);
};

}  // namespace martlet::sts
