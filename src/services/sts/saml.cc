// AssumeRoleWithSAML.

#include <fmt/core.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/strings.h"
#include "services/sts/errors.h"
#include "services/sts/limits.h"
#include "services/sts/saml_assertion.h"
#include "services/sts/saml_keys.h"
#include "services/sts/service.h"

namespace martlet::sts {

namespace {

constexpr const char* kAction = "sts:AssumeRoleWithSAML";
constexpr std::string_view kEndpoint = "https://signin.aws.amazon.com/saml";
constexpr std::string_view kAwsAudience = "urn:amazon:webservices";
constexpr std::chrono::minutes kMaxSkew{5};
const std::string kAttributes = "https://aws.amazon.com/SAML/Attributes/";
constexpr std::size_t kMinName = 2;
constexpr std::size_t kMaxName = 64;

aws::Error denied() { return access_denied(std::string("Not authorized to perform ") + kAction); }

bool is_name(const std::string& text) {
  constexpr std::string_view kAllowed = "_+=,.@-";
  return text.size() >= kMinName && text.size() <= kMaxName &&
         std::ranges::all_of(text, [&](unsigned char letter) {
           return (letter < 0x80 && std::isalnum(letter) != 0) ||
                  kAllowed.contains(static_cast<char>(letter));
         });
}

/// Throws InvalidIdentityToken, ExpiredToken.
void check_use(const SamlAssertion& assertion, TimePoint now) {
  if (assertion.recipient != kEndpoint)
    throw invalid_identity_token(fmt::format("The Recipient of the assertion is not {}", kEndpoint));
  const auto is_aws = [](const std::string& audience) {
    return audience == kEndpoint || audience == kAwsAudience;
  };
  if (std::ranges::none_of(assertion.audiences, is_aws))
    throw invalid_identity_token("AWS is not in the Audience of the assertion");
  if (assertion.not_before && *assertion.not_before > now + kMaxSkew)
    throw invalid_identity_token("The assertion is not valid yet");
  if (assertion.redeem_before <= now || assertion.not_on_or_after.value_or(TimePoint::max()) <= now ||
      assertion.session_ends.value_or(TimePoint::max()) <= now)
    throw expired_identity_token("The assertion has expired");
}

/// Whether the provider says that its user may be in the role: "role ARN,provider ARN", in either order.
bool maps_to(const SamlAssertion& assertion, const std::string& role, const std::string& provider) {
  const auto roles = assertion.attributes.find(kAttributes + "Role");
  if (roles == assertion.attributes.end()) return false;
  return std::ranges::any_of(roles->second, [&](std::string pair) {
    std::erase_if(pair, [](unsigned char letter) { return std::isspace(letter) != 0; });
    return pair == role + "," + provider || pair == provider + "," + role;
  });
}

std::string session_name_of(const SamlAssertion& assertion) {
  std::string name = assertion.first(kAttributes + "RoleSessionName");
  if (name.empty()) throw invalid_identity_token("RoleSessionName is required in AuthnResponse");
  if (!is_name(name))
    throw invalid_identity_token("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}");
  return name;
}

std::string source_identity_of(const SamlAssertion& assertion) {
  std::string identity = assertion.first(kAttributes + "SourceIdentity");
  if (!identity.empty() && !is_name(identity))
    throw invalid_identity_token(
        R"(Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:")");
  return identity;
}

Passed passed_to(const AssumeRoleWithSAMLRequest& input, const SamlAssertion& assertion) {
  const std::string prefix = kAttributes + "PrincipalTag:";
  Passed passed;
  add_policies(passed, input.policy, input.policy_arns);
  std::vector<Tag> tags;
  for (const auto& [name, values] : assertion.attributes)
    if (name.starts_with(prefix) && !values.empty())
      tags.push_back({name.substr(prefix.size()), values.front()});
  const auto transitive = assertion.attributes.find(kAttributes + "TransitiveTagKeys");
  add_tags(passed, tags,
           transitive == assertion.attributes.end() ? std::vector<std::string>{} : transitive->second);
  check_size(passed);
  return passed;
}

/// What the caller asks for, unless the provider wants less.
std::int32_t seconds_of(const AssumeRoleWithSAMLRequest& input, const SamlAssertion& assertion,
                        const Role& role, TimePoint now) {
  const std::int32_t asked = input.duration_seconds.value_or(kDefaultRoleSeconds);
  if (asked > role.max_session_seconds)
    throw validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  std::int64_t seconds = asked;
  if (const std::string wanted = assertion.first(kAttributes + "SessionDuration"); !wanted.empty()) {
    std::int32_t number = 0;
    const auto read = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (read.ec != std::errc() || read.ptr != wanted.data() + wanted.size() || number < kMinRoleSeconds ||
        number > kMaxRoleSeconds)
      throw invalid_identity_token(fmt::format("SessionDuration in AuthnResponse must be {} to {} seconds",
                                               kMinRoleSeconds, kMaxRoleSeconds));
    seconds = std::min<std::int64_t>(seconds, number);
  }
  if (assertion.session_ends)
    seconds = std::min<std::int64_t>(
        seconds, std::chrono::ceil<std::chrono::seconds>(*assertion.session_ends - now).count());
  return static_cast<std::int32_t>(seconds);
}

/// BASE64(SHA1(issuer + account + "/" + the provider's name)): with the subject it names a person for good.
std::string name_qualifier_of(const SamlAssertion& assertion, const Arn& provider) {
  const std::string text =
      assertion.issuer + provider.account + "/" + provider.resource.substr(provider.resource.rfind('/') + 1);
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return base64_encode(as_view(digest));
}

}  // namespace

Task<> StsService::require_saml_trust(const wire::Context& context, const Role& role,
                                      std::string provider_arn, const SamlAssertion& assertion,
                                      const Passed& passed) {
  if (with_.trust == nullptr) co_return;
  const Arn provider = Arn::parse(provider_arn).value_or(Arn{});
  policy::ContextList keys = saml_keys(assertion);
  keys.set("saml:namequalifier", name_qualifier_of(assertion, provider));
  keys.set("saml:doc", provider.account + "/" + provider.resource.substr(provider.resource.rfind('/') + 1));
  keys.set("aws:FederatedProvider", provider_arn);
  keys.set("sts:RoleSessionName", session_name_of(assertion));
  const std::string source_identity = source_identity_of(assertion);
  if (!source_identity.empty()) keys.set("sts:SourceIdentity", source_identity);
  add_tag_keys(passed, keys);
  std::vector<std::string> actions{kAction};
  if (!passed.tags.empty()) actions.emplace_back("sts:TagSession");
  if (!source_identity.empty()) actions.emplace_back("sts:SetSourceIdentity");
  for (std::string& action : actions) {
    const auto why = co_await with_.trust->refusal(
        {.context = context, .action = std::move(action), .role = role, .keys = keys}, provider_arn);
    if (why) throw denied();
  }
}

Task<AssumeRoleWithSAMLResponse> StsService::AssumeRoleWithSAML(wire::Context& context,
                                                                AssumeRoleWithSAMLRequest input) {
  const auto role_arn = Arn::parse(input.role_arn);
  const auto provider_arn = Arn::parse(input.principal_arn);
  if (!role_arn || role_arn->service != "iam") throw validation_error(input.role_arn + " is invalid");
  if (!provider_arn || provider_arn->service != "iam" ||
      !provider_arn->resource.starts_with("saml-provider/"))
    throw validation_error(input.principal_arn + " is invalid");
  const auto response = base64_decode(input.saml_assertion);
  if (!response) throw invalid_identity_token("Invalid base64 SAMLResponse");
  const auto metadata = co_await with_.identities.saml_metadata(input.principal_arn);
  if (!metadata) throw invalid_identity_token("Specified provider doesn't exist");

  const auto assertion = SamlAssertion::verified(*response, SamlMetadata::parse(*metadata));
  const TimePoint now = with_.clock.now();
  check_use(assertion, now);
  const std::string session_name = session_name_of(assertion);
  const std::string source_identity = source_identity_of(assertion);
  const Passed passed = passed_to(input, assertion);
  const std::optional<Role> role = co_await with_.identities.role(input.role_arn);
  if (!role || role->account != provider_arn->account || assertion.subject.empty() ||
      !maps_to(assertion, input.role_arn, input.principal_arn))
    throw denied();
  co_await require_saml_trust(context, *role, input.principal_arn, assertion, passed);
  const std::int32_t seconds = seconds_of(input, assertion, *role, now);
  co_await require_policies(passed, role->account, with_.identities);

  const TemporaryCredentials credentials = role_session({.context = context,
                                                         .role = *role,
                                                         .session_name = session_name,
                                                         .source_identity = source_identity,
                                                         .seconds = seconds},
                                                        passed);
  AssumeRoleWithSAMLResponse output;
  output.credentials = shown(credentials);
  output.assumed_role_user = shown_user(credentials);
  output.packed_policy_size = passed.packed_size();
  output.subject = assertion.subject;
  output.subject_type = assertion.subject_type;
  output.issuer = assertion.issuer;
  output.audience = assertion.recipient;
  output.name_qualifier = name_qualifier_of(assertion, *provider_arn);
  if (!source_identity.empty()) output.source_identity = source_identity;
  co_return output;
}

}  // namespace martlet::sts
