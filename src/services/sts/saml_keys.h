#pragma once

// The condition keys that trust policies can ask about an assertion, by "Mapping SAML attributes to AWS trust
// policy context keys" in the IAM User Guide.

#include "policy/request.h"
#include "services/sts/saml_assertion.h"

namespace martlet::sts {

/// saml:iss, saml:aud, saml:sub, saml:sub_type, and those of the attributes that have one.
policy::ContextList saml_keys(const SamlAssertion& assertion);

}  // namespace martlet::sts
